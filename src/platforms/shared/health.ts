// The action health.check: does the application answer as it does when it is well?
import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, Args, Outcome } from '../../core/action.ts';
import { Fault } from '../../core/errors.ts';
import { onlyReads } from '../../core/only-reads.ts';
import type { Health } from '../../core/system.ts';
import { causeOf, clean, shownUrl, startOf } from './http-look.ts';

/** How long an answer is waited for that is only told. */
const REPORT_SECONDS = 10;
/** Of a wrong answer's body: enough to see what it is. */
const EXCERPT_BYTES = 1_000;

export type HealthOptions = {
  readonly requestMs?: number;
  readonly pauseMs?: number;
};

/** Asks until the answer is right or the time is over. A redirect is an answer like any other: it is not followed. */
export function checkHealth({ requestMs = 10_000, pauseMs = 1_000 }: HealthOptions = {}): Action<Args<'health.check'>> {
  return {
    ...onlyReads,
    describe: ({ environment }, system) => {
      const health = system.environments[environment]?.health;
      return health === undefined
        ? 'ask the health endpoint'
        : `GET ${shownUrl(health.url)}, expecting ${health.status}`;
    },
    async do({ environment, required }, run): Promise<Outcome> {
      const health = healthOf(run.system.environments[environment], environment);
      const patience = required ? health.withinSeconds : Math.min(health.withinSeconds, REPORT_SECONDS);
      const until = performance.now() + patience * 1000;
      for (let attempt = 1; ; attempt += 1) {
        const answer = await ask(health, requestMs, run.signal);
        const says = `GET ${shownUrl(health.url)} ${answer.text}, ${nth(attempt)} attempt`;
        if (answer.status === health.status) {
          return { is: 'done', evidence: { says: [says], checks: [] }, output: null };
        }
        if (performance.now() + pauseMs >= until) {
          const why = `${says}; ${health.status} was expected within ${patience} s${answer.excerpt}`;
          if (!required) return unhealthy(why);
          return { is: 'failed', why, evidence: { says: [], checks: [] }, untouched: true };
        }
        run.progress({ percent: null, note: says });
        await sleep(pauseMs, undefined, { signal: run.signal });
      }
    },
  };
}

/** Told, not judged: what was returned to was not healthy either, perhaps. */
function unhealthy(why: string): Outcome {
  const checks = [{ name: 'Health', status: 'warn' as const, figure: why, source: 'G16' }];
  return { is: 'done', evidence: { says: [], checks }, output: null };
}

/** The endpoint asked once, for a plan: whatever it answers is a fact, never an error. */
export async function healthNow(health: Health, requestMs = 3_000): Promise<{ ok: boolean; text: string }> {
  const { status, text } = await ask(health, requestMs, new AbortController().signal);
  return { ok: status === health.status, text };
}

type Answer = { readonly status: number | null; readonly text: string; readonly excerpt: string };

async function ask({ url, status }: Health, requestMs: number, stop: AbortSignal): Promise<Answer> {
  const began = performance.now();
  const late = AbortSignal.timeout(requestMs);
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.any([stop, late]) });
    const ms = Math.round(performance.now() - began);
    const to = response.headers.get('location');
    const text = `answered ${response.status}${to === null ? '' : ` to ${clean(to)}`} in ${ms} ms`;
    // Of the right answer nothing more is needed: its body may be endless.
    if (response.status === status) await response.body?.cancel();
    const excerpt = response.status === status ? '' : excerptOf((await startOf(response, EXCERPT_BYTES)).text);
    return { status: response.status, text, excerpt };
  } catch (thrown) {
    stop.throwIfAborted();
    const text = late.aborted ? `did not answer within ${requestMs / 1000} s` : `failed: ${causeOf(thrown)}`;
    return { status: null, text, excerpt: '' };
  }
}

function excerptOf(body: string): string {
  const text = clean(body);
  return text === '' ? '' : `. It said: ${text}`;
}

function nth(attempt: number): string {
  const teen = attempt % 100 >= 11 && attempt % 100 <= 13;
  const ending = teen ? 'th' : ({ 1: 'st', 2: 'nd', 3: 'rd' }[attempt % 10] ?? 'th');
  return `${attempt}${ending}`;
}

function healthOf(environment: { readonly health: Health } | undefined, name: string): Health {
  if (environment === undefined) throw new Fault(`looking for the health endpoint of ${name}`);
  return environment.health;
}
