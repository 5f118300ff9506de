// A rollback: which releases can be returned to, the act, and the release that it makes.
import type { Outcome, Run } from '../../core/action.ts';
import { Refusal } from '../../core/errors.ts';
import { done, failed } from '../../core/outcomes.ts';
import { rollback } from './cli-lines.ts';
import { releasesOf } from './readings.ts';
import type { HerokuRelease } from './schema.ts';
import type { Tools } from './tools.ts';
import { until } from './waiting.ts';

/** To which release, and the newest one before. */
export type To = { readonly app: string; readonly id: string; readonly code: string | null; readonly after: number };

/** The release that we have made: newer than all that were there, with that code, and named so by Heroku. */
export function ours(releases: readonly HerokuRelease[], { id, code, after }: To): HerokuRelease | undefined {
  return releases.find(
    ({ version, slug, description }) => version > after && slug?.id === code && description === `Rollback to ${id}`,
  );
}

/** Heroku itself would refuse some of these only after the release phase (fault 53). */
export function assertEligible(releases: readonly HerokuRelease[], { app, id, code }: To, from: string): void {
  const current = releases.find((release) => release.current);
  if (`v${current?.version}` !== from) throw movedOn(app, current, from);
  const target = releases.find(({ version }) => `v${version}` === id);
  const no = (why: string) => new Refusal('release-not-eligible', `${id} of ${app} ${why}.`, 'Choose another release.');
  if (target === undefined) throw no('is not among the newest 200 releases');
  if (target.current) throw no('is what runs now');
  if (target.status !== 'succeeded') throw no(`has not succeeded (${target.status})`);
  if (target.slug == null || code === null || target.eligible_for_rollback === false)
    throw no('has no code to return to');
  if (target.slug.id !== code) throw no('has other code than planned');
}

/** Runs the CLI to its end. Returns what it said. */
export async function roll({ cli }: Tools, { app, id }: To, run: Run): Promise<string> {
  await run.fence();
  const running = cli.start(rollback(app, id), { signal: run.signal });
  await running.ended;
  run.signal.throwIfAborted();
  return running.said();
}

/** How our release ended; null when there is none. */
export async function result(tools: Tools, to: To, run: Run): Promise<Outcome | null> {
  const read = () => releasesOf(tools.api, to.app, run.signal);
  const appeared = (releases: HerokuRelease[]) => ours(releases, to) !== undefined;
  const first = ours(await until(tools, tools.options.settle, read, appeared, run.signal), to);
  if (first === undefined) return null;
  run.progress({ percent: null, note: `v${first.version} is being released` });
  const over = (releases: HerokuRelease[]) => ours(releases, to)?.status !== 'pending';
  const releases = await until(tools, tools.options.ready, read, over, run.signal);
  const made = ours(releases, to);
  if (made === undefined) return failed(`v${first.version} of ${to.app} is not listed any more`);
  const name = `v${made.version}`;
  if (made.status === 'pending')
    return failed(`the release phase of ${name} has not ended after ${tools.options.ready / 60_000} min`);
  if (made.status !== 'succeeded')
    return failed(`the release phase of ${name} (${made.description ?? ''}) failed; the release before it still runs`);
  const current = releases.find((release) => release.current);
  if (current?.version !== made.version)
    return failed(`${name} succeeded, but v${current?.version ?? '?'} has replaced it since`);
  return done([`${to.app} runs ${name} with the code of ${to.id}`], { release: name });
}

/** Why there is no result. */
export function nothingText({ cli }: Tools, { app, id }: To, said: string): string {
  return `nothing was released: ${app} has no new release with the code of ${id}. The CLI said: ${cli.excerpt(said)}`;
}

/** Somebody has released something else. */
export function movedOn(app: string, current: HerokuRelease | undefined, planned: string): Refusal {
  const now = current === undefined ? 'no release' : `v${current.version} (${current.description ?? ''})`;
  return new Refusal('moved-on', `${app} runs ${now} now, not ${planned}.`, 'Ask for a new plan.');
}
