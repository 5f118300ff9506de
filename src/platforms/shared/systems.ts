// The systems with the platforms they live on: where facts of the platform and of the database come together.
import type { Actions } from '../../core/action.ts';
import { Fault, reasonOf } from '../../core/errors.ts';
import type { EnvironmentFacts, Facts, Survey } from '../../core/facts.ts';
import type { Platform } from '../../core/platform.ts';
import type { Systems } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import type { Health, System } from '../../core/system.ts';
import { leftoverDrop } from './leftover-drop.ts';
import { triedCapture } from './tried-capture.ts';

type Parts = {
  readonly systems: readonly System[];
  readonly platforms: readonly Platform[];
  /** The actions that every platform shares, made for one of them. */
  sharedActions(platform: Platform): Actions;
  survey(database: Secret, system: System, since: string | null): Promise<Survey>;
  healthNow(health: Health): Promise<NonNullable<EnvironmentFacts['health']>>;
  offsite: Systems['offsite'];
};

/** Throws a Fault for a system whose platform is not among `platforms`: the configuration was not checked then. */
export function createSystems({ systems, platforms, sharedActions, survey, healthNow, offsite }: Parts): Systems {
  const actions = new Map(platforms.map((platform) => [platform, actionsFor(platform, sharedActions(platform))]));
  const platformOf = ({ name, platform: kind }: System): Platform => {
    const found = platforms.find((platform) => platform.kind === kind);
    if (found === undefined) throw new Fault(`looking for the platform ${kind} of ${name}`);
    return found;
  };

  return {
    all: systems,
    platformOf,
    actionsOf: (system) => actions.get(platformOf(system)) ?? {},
    offsite,

    async facts(system, environments, options) {
      const platform = platformOf(system);
      const read = environments.map(async (name) => [name, await platform.facts(system, name, options)] as const);
      return { at: new Date().toISOString(), environments: Object.fromEntries(await Promise.all(read)) };
    },

    async leftBy(system, facts, operation) {
      const { environment } = operation.plan;
      const known = facts.environments[environment];
      const left = await platformOf(system).leftBy?.(system, operation);
      if (known === undefined || left === undefined) return facts;
      return { ...facts, environments: { ...facts.environments, [environment]: { ...known, left: [...left] } } };
    },

    async survey(system, facts, environments, since) {
      const platform = platformOf(system);
      const read = Object.entries(facts.environments).map(async ([name, known]) => {
        if (!environments.includes(name)) return [name, known] as const;
        const rows = async () =>
          survey(await platform.connection(system, { environment: name, candidate: null }), system, since);
        const health = system.environments[name]?.health;
        const [surveyed, answer] = await Promise.all([withSurvey(known, rows), health && healthNow(health)]);
        return [name, answer === undefined ? surveyed : { ...surveyed, health: answer }] as const;
      });
      return { ...facts, environments: Object.fromEntries(await Promise.all(read)) } satisfies Facts;
    },
  };
}

function actionsFor(platform: Platform, shared: Actions): Actions {
  const all: Actions = { ...shared, ...platform.actions };
  const { 'backup.capture': capture, 'leftover.drop': databases } = platform.actions;
  const schemas = shared['leftover.drop'];
  return {
    ...all,
    ...(capture === undefined ? {} : { 'backup.capture': triedCapture(capture) }),
    ...(schemas === undefined || databases === undefined ? {} : { 'leftover.drop': leftoverDrop(schemas, databases) }),
  };
}

/** A database that does not answer must not stand in the way of its own recovery: the plan says what is unknown. */
async function withSurvey(known: EnvironmentFacts, read: () => Promise<Survey>): Promise<EnvironmentFacts> {
  try {
    return { ...known, survey: await read(), surveyProblem: null };
  } catch (thrown) {
    return { ...known, survey: null, surveyProblem: reasonOf(thrown) };
  }
}
