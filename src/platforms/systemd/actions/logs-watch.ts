// logs.watch: reads the journals of the services for a while, bounded in time and lines (F23).
import type { Action, Args, Run } from '../../../core/action.ts';
import type { Check } from '../../../core/check.ts';
import { onlyReads } from '../../../core/only-reads.ts';
import { done } from '../../../core/outcomes.ts';
import { sleep } from '../../../lib/clock.ts';
import type { Places } from '../place.ts';
import { readJournal } from '../units.ts';

const LINES = 500;
const SHOWN = 3;
const LONGEST_LINE = 300;

export function logsWatch(places: Places): Action<Args<'logs.watch'>> {
  return {
    ...onlyReads,
    describe: (_args, { logs }) => `journalctl --unit … --since now (for ${logs.watchSeconds} s)`,

    async do({ environment }, run) {
      const { watchSeconds, alarming } = run.system.logs;
      const since = new Date().toISOString();
      await sleep(watchSeconds * 1000, run.signal);
      const lines = await linesSince(places, environment, since, run);
      const patterns = alarming.map((pattern) => new RegExp(pattern));
      const found = lines.filter((line) => patterns.some((pattern) => pattern.test(line)));
      const says = [`${watchSeconds} s watched, ${lines.length} lines, ${found.length} alarming`];
      const checks = found.slice(0, SHOWN).map((line): Check => ({ name: 'Log', status: 'warn', figure: line }));
      return done(says, null, checks);
    },
  };
}

async function linesSince(places: Places, environment: string, since: string, run: Run): Promise<string[]> {
  const settings = places.settingsOf(run.system, environment);
  const units = { host: places.hostOf(settings), sudo: settings.sudo };
  const lines: string[] = [];
  for (const unit of settings.services) {
    lines.push(...(await readJournal(units, { unit, since, lines: LINES }, run.signal)));
  }
  return lines.map((line) => line.slice(0, LONGEST_LINE));
}
