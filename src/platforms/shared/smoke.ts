// The smoke tests: asks the application what its users ask first, and checks status, body and time of each answer (B8, B10).
import type { Check } from '../../core/check.ts';
import type { Secret } from '../../core/secret.ts';
import type { SmokeTest } from '../../core/smoke.ts';
import { list } from '../../core/wording.ts';
import { causeOf, clean, shownUrl, startOf } from './http-look.ts';
import { bodyProblems } from './smoke-body.ts';

export type SmokeOptions = {
  readonly signal: AbortSignal;
  /** The value of an environment variable that a test's `secretHeader` names; throws when it is not set. */
  secretOf(variable: string): Secret;
  /** For all of them together: whatever has not been asked by then has failed. */
  readonly totalSeconds?: number;
};

/** How much longer than allowed an answer is waited for: "it took 3.1 s" says more than "no answer within 2 s". */
const PATIENCE_SECONDS = 8;
const BODY_BYTES = 1_000_000;

/**
 * One check for each test, in their order; all are asked though one fails. They are asked one after the other, so that
 * no time is measured of a server that is busy with another test. Rejects only when `signal` aborts.
 */
export async function runSmokeTests(tests: readonly SmokeTest[], options: SmokeOptions): Promise<Check[]> {
  const { totalSeconds = 60 } = options;
  const until = performance.now() + totalSeconds * 1000;
  const checks: Check[] = [];
  for (const test of tests) {
    const left = until - performance.now();
    const outcome = left <= 0 ? notAsked(totalSeconds) : await look(test, left, options);
    checks.push({ name: test.name, ...outcome, source: 'B8' });
  }
  return checks;
}

type Outcome = Pick<Check, 'status' | 'figure'>;

type Header = { readonly name: string; readonly secret: Secret };

async function look(test: SmokeTest, leftMs: number, { signal, secretOf }: SmokeOptions): Promise<Outcome> {
  const patienceMs = Math.min((test.withinSeconds + PATIENCE_SECONDS) * 1000, leftMs);
  const late = AbortSignal.timeout(Math.ceil(patienceMs));
  let header: Header | null = null;
  try {
    if (test.secretHeader !== undefined) {
      header = { name: test.secretHeader.name, secret: secretOf(test.secretHeader.from) };
    }
    return await ask(test, header, AbortSignal.any([signal, late]));
  } catch (thrown) {
    signal.throwIfAborted();
    if (late.aborted) return failed(`no whole answer within ${(patienceMs / 1000).toFixed(1)} s`);
    return failed(`no answer: ${shown(causeOf(thrown), header)}`);
  }
}

async function ask(test: SmokeTest, header: Header | null, signal: AbortSignal): Promise<Outcome> {
  const began = performance.now();
  const headers = header === null ? {} : { [header.name]: header.secret.open() };
  const response = await fetch(test.url, { method: test.method, headers, redirect: 'manual', signal });
  const body = await startOf(response, BODY_BYTES);
  const ms = Math.round(performance.now() - began);
  const to = response.headers.get('location');
  const where = to === null ? '' : ` to ${shownUrl(to, test.url)}`;
  const figure = `${response.status}${where} in ${ms.toLocaleString('en-US')} ms`;
  const wrongStatus = !test.status.includes(response.status);
  const problems = [
    ...(wrongStatus ? [`${test.status.join(' or ')} was expected`] : bodyProblems(test, body)),
    ...(ms > test.withinSeconds * 1000 ? [`more than ${test.withinSeconds} s`] : []),
  ];
  if (problems.length === 0) return { status: 'pass', figure };
  const said = wrongStatus ? shown(body.text, header) : '';
  return failed(`${figure}; ${list(problems)}${said === '' ? '' : `. It said: ${said}`}`);
}

/** Some applications, and `fetch` itself, repeat a header that they do not like. */
function shown(text: string, header: Header | null): string {
  return clean(header === null ? text : text.replaceAll(header.secret.open(), '[secret]'));
}

function notAsked(totalSeconds: number): Outcome {
  return failed(`not asked: the ${totalSeconds} s for all tests were over`);
}

function failed(figure: string): Outcome {
  return { status: 'fail', figure };
}
