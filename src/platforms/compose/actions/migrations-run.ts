// migrations.run: the application's own command, in a container of its own while the application is stopped (P7's correction).
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault } from '../../../core/errors.ts';
import { done, failed, prepared, unverified } from '../../../core/outcomes.ts';
import { count, list } from '../../../core/wording.ts';
import type { Ran } from '../../../lib/exec.ts';
import { survey } from '../../../postgres/survey.ts';
import type { Parts, Reach } from '../../direct/reach.ts';
import type { HandsOn } from '../hands.ts';

type A = Args<'migrations.run'>;
type Options = Pick<Parts, 'reach'> & { readonly handsOn: HandsOn };

const PATIENCE_MS = 3_600_000;
const SHOWN = 5;
const LONGEST = 600;

export function migrationsRun(options: Options): Action<A> {
  return {
    describe: ({ environment }, system) => {
      const migrate = system.environments[environment]?.settings['migrate'];
      const { service, command } = Object(migrate);
      return `docker compose run --rm --no-deps ${service} ${[command].flat().join(' ')}`;
    },

    async do({ environment }, run) {
      const ready = await prepared(run, async () => {
        const hands = await options.handsOn(run.system, environment);
        const { live } = await options.reach(run.system, environment);
        const recorded = await readMigrations(live, run);
        return { hands, live, recorded, compose: await hands.open(run.signal) };
      });
      if ('refused' in ready) return ready.refused;
      const { hands, live, recorded, compose } = ready.value;
      const { migrate } = hands.settings;
      if (migrate === undefined) return failed('the system file names no command for migrations');
      await run.fence();
      const name = `${hands.settings.project}_migrate_${run.operation.replace('-', '')}`;
      try {
        const ran = await compose.run(migrate.service, migrate.command, {
          signal: run.signal,
          timeoutMs: PATIENCE_MS,
          name,
        });
        if (ran.code !== 0) return failed(`${migrate.command.join(' ')} ended with ${ran.code}: ${lastWords(ran)}`);
        return judged(recorded, await readMigrations(live, run));
      } catch (thrown) {
        run.signal.throwIfAborted();
        if (thrown instanceof Fault) return failed(thrown.message);
        throw thrown;
      }
    },

    // A migration that is recorded is not applied again: doing it once more is harmless.
    probe: async () => ({ is: 'not_happened' }),

    undo: { not: 'the schema is that of the candidate: it goes with the exchange' },
  };
}

/** What the command complained of, without what Compose has to say of its container. */
function lastWords({ stdout, stderr }: Ran): string {
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.replaceAll(/\p{Cc}/gu, ' ').trim());
  const said = lines.filter((line) => line !== '' && !/^(\d+|Creating .*|Container .*|Network .*)$/.test(line));
  return said.slice(-2).join(' / ').slice(0, LONGEST);
}

/** Null where the system file does not say where they are recorded. */
async function readMigrations(live: Reach['live'], { system, signal }: Run): Promise<string[] | null> {
  const { migrations } = system;
  if (migrations === undefined) return null;
  return (await survey(live, { tables: [], migrations, since: null }, { signal })).migrations;
}

/** That the command ended well proves nothing: what the database records does. */
function judged(before: readonly string[] | null, now: readonly string[] | null): Outcome {
  if (before === null || now === null) {
    const why = 'the system file does not say where migrations are recorded (`migrations`), so nothing could be read';
    return unverified(why, ['The command ended without an error.']);
  }
  const rest = [...before];
  const added = now.filter((version) => {
    const at = rest.indexOf(version);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  const recorded = `${count(now.length, 'migration')} recorded`;
  if (added.length === 0) return done([`No migration was pending: ${recorded}, as before.`]);
  const more = added.length > SHOWN ? ` and ${added.length - SHOWN} more` : '';
  return done([`${count(added.length, 'migration')} applied: ${list(added.slice(0, SHOWN))}${more}; ${recorded}.`]);
}
