// Everything that a person can do about an incident, in one interface: implemented by incidents/, called by answers and handlers.
import type { Incident } from './incident.ts';
import type { ChecklistName, Level } from './incident-rules.ts';
import type { Assessment, IncidentSight } from './incident-views.ts';

type Who = { readonly by: string };
type OnIncident = Who & { readonly incident: string };
type OnItem = OnIncident & { readonly list: ChecklistName; readonly item: number };

/**
 * Every method throws Refusal when the answer is no: nobody may, it is over, there is none. Doing a thing twice is harmless:
 * the second time changes nothing and returns the incident as it is.
 */
export interface IncidentUseCases {
  /** `command` is the committed command that leads to it: one leads to one incident (I1). */
  declare(
    asked: Who & {
      readonly command: string;
      readonly system: string;
      readonly level: Level;
      readonly seen: string;
      /** Null: now. */
      readonly since: string | null;
      readonly scenario: string | null;
      /** The alert that it was declared from. */
      readonly alert: string | null;
    },
  ): Promise<Incident>;
  acknowledge(on: OnIncident): Promise<Incident>;
  /** A sentence for the next status update; `public`: it is also told outside. */
  update(on: OnIncident & { readonly text: string; readonly public: boolean }): Promise<Incident>;
  setLevel(on: OnIncident & { readonly level: Level }): Promise<Incident>;
  setScenario(on: OnIncident & { readonly scenario: string }): Promise<Incident>;
  tick(on: OnItem): Promise<Incident>;
  untick(on: OnItem): Promise<Incident>;
  resolve(on: OnIncident & { readonly text: string }): Promise<Incident>;
  /** Work that follows: `hours` names the reminder. */
  followUp(on: OnIncident & { readonly hours: number; readonly verdict: 'done' | 'dismissed' }): Promise<Incident>;
  /** From what is seen to the level, the likely cause and the way out (F6). Changes nothing; everybody may ask. */
  assess(
    asked: Who & { readonly system: string; readonly symptoms: readonly string[]; readonly onset: string | null },
  ): Promise<Assessment>;
  /** The incident with everything that is shown of it. */
  find(incident: string): Promise<IncidentSight>;
}
