// logs.watch: looks at the app's log for a while. What alarms there is shown; whether it fails is for the health check to say.
import type { Action, Args } from '../../../core/action.ts';
import type { Check } from '../../../core/check.ts';
import { done, prepared, unverified } from '../../../core/outcomes.ts';
import { tailLogs, typed } from '../cli-lines.ts';
import { releasesOf } from '../readings.ts';
import { settingsOf } from '../settings.ts';
import type { Tools } from '../tools.ts';

type A = Args<'logs.watch'>;

/** The CLI needs about this long before the first line. */
const START_MS = 1_500;
/** Heroku tells the time of a release to the second: a line of that second may be older than it. */
const SECOND_MS = 1_000;
const SHOWN = 3;
const LONGEST_LINE = 4_000;

export function logsWatch(tools: Tools): Action<A> {
  return {
    describe: ({ environment }, system) =>
      `${typed(tailLogs(settingsOf(system, environment).app))} (for ${system.logs.watchSeconds} s)`,

    async do({ environment }, run) {
      const { app } = settingsOf(run.system, environment);
      const { watchSeconds: seconds, alarming } = run.system.logs;
      const releases = await prepared(run, () => releasesOf(tools.api, app, run.signal));
      if ('refused' in releases) return releases.refused;
      const released = Date.parse(releases.value.find((release) => release.current)?.created_at ?? '');
      const since = Number.isNaN(released) ? 0 : released + SECOND_MS;
      const patterns = alarming.map((pattern) => new RegExp(pattern));
      const found: string[] = [];
      let lines = 0;
      const onLine = (line: string) => {
        // The stream begins with old lines: what the release before this one complained of is not news.
        const at = Date.parse(/^\d{4}-\d\d-\d\dT\S+/.exec(line)?.[0] ?? '');
        if (Number.isNaN(at) || at < since) return;
        lines += 1;
        if (patterns.some((pattern) => pattern.test(line.slice(0, LONGEST_LINE)))) found.push(line);
      };
      const timeoutMs = seconds * 1000 + START_MS;
      const ran = await tools.cli.start(tailLogs(app), { signal: run.signal, timeoutMs, onLine }).ended;
      run.signal.throwIfAborted();
      const says = [`${seconds} s watched, ${lines} lines, ${found.length} alarming`];
      if (!ran.timedOut) {
        return unverified(`the log stream ended early: ${tools.cli.excerpt(`${ran.stdout}${ran.stderr}`)}`, says);
      }
      const shown = found
        .slice(0, SHOWN)
        .map((line): Check => ({ name: 'Log', status: 'warn', figure: tools.clean(line) }));
      return done(says, null, shown);
    },

    probe: async () => ({ is: 'not_happened' }),

    undo: { not: 'it only looks' },
  };
}
