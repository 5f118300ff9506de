// What a post-mortem is made of: an incident with its log, its operations with their journals, and what it has cost.
import type { Incident } from '../core/incident.ts';
import type { IncidentEntry } from '../core/incident-log.ts';
import type { Losses } from '../core/incident-losses.ts';
import type { Linked } from '../core/incident-views.ts';
import type { System } from '../core/system.ts';

export type IncidentInput = {
  readonly incident: Incident;
  readonly entries: readonly IncidentEntry[];
  readonly operations: readonly Linked[];
  readonly losses: Losses;
  readonly system: System;
};
