// logs.watch: what the services write, for a while. What alarms there is shown; whether it fails is for the health check to say.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, Args, Run } from '../../../core/action.ts';
import type { Check } from '../../../core/check.ts';
import { Fault } from '../../../core/errors.ts';
import { done, prepared, unverified } from '../../../core/outcomes.ts';
import { count } from '../../../core/wording.ts';
import type { Container } from '../containers.ts';
import type { Hands, HandsOn } from '../hands.ts';
import { readLogs } from '../logs.ts';

type A = Args<'logs.watch'>;

/** As the runbook has it (P7). */
const LINES = 100;
const SHOWN = 3;
const LONGEST_LINE = 4_000;
const LONGEST_SHOWN = 300;
/** A service that was not started again may have written the same for days: that is no news. */
const NEWS_MS = 5 * 60_000;

export function logsWatch(handsOn: HandsOn): Action<A> {
  return {
    describe: ({ environment }, system) => {
      const named = [system.environments[environment]?.settings['services']].flat().join(' ');
      return `docker compose logs --tail=${LINES} ${named} (for ${system.logs.watchSeconds} s)`;
    },

    async do({ environment }, run) {
      const ready = await prepared(run, async () => {
        const hands = await handsOn(run.system, environment);
        return { hands, containers: await watched(hands, run) };
      });
      if ('refused' in ready) return ready.refused;
      const { hands } = ready.value;
      const { watchSeconds, alarming } = run.system.logs;
      const began = Date.now();
      run.progress({ percent: null, note: `${watchSeconds} s` });
      await sleep(watchSeconds * 1000, undefined, { signal: run.signal });
      const patterns = alarming.map((pattern) => new RegExp(pattern));
      const checks: Check[] = [];
      let [lines, found] = [0, 0];
      try {
        for (const container of await watched(hands, run)) {
          const since = newsSince(container, began);
          const read = await readLogs(hands.engine, [container], { signal: run.signal, lines: LINES, since });
          const alarms = read.filter((line) => patterns.some((pattern) => pattern.test(line.slice(0, LONGEST_LINE))));
          lines += read.length;
          found += alarms.length;
          checks.push(...alarms.map((line) => alarm(container, line)));
        }
      } catch (thrown) {
        run.signal.throwIfAborted();
        if (thrown instanceof Fault) return unverified(thrown.message);
        throw thrown;
      }
      return done(
        [`${watchSeconds} s watched, ${count(lines, 'line')}, ${found} alarming`],
        null,
        checks.slice(-SHOWN),
      );
    },

    probe: async () => ({ is: 'not_happened' }),

    undo: { not: 'it only looks' },
  };
}

async function watched({ settings, containers }: Hands, { signal }: Run): Promise<Container[]> {
  return (await containers(signal)).filter(({ service }) => settings.services.includes(service));
}

/** What it has written since its last start, or shortly before the watch. */
function newsSince({ startedAt }: Container, began: number): string {
  return new Date(Math.max(Date.parse(startedAt ?? '') || 0, began - NEWS_MS)).toISOString();
}

function alarm({ name }: Container, line: string): Check {
  // Without the moment that Docker has put before it.
  const text = line.slice(line.indexOf(' ') + 1).replaceAll(/\p{Cc}/gu, ' ');
  return { name: `Log of ${name}`, status: 'warn', figure: text.slice(0, LONGEST_SHOWN) };
}
