// Which PostgreSQL server answers, and whether it really does.
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { onServer } from '../../postgres/database-facts.ts';

type Options = { readonly purpose: string; readonly signal: AbortSignal };

const PATIENCE_MS = 180_000;
const PAUSE_MS = 500;
/** One answer is not enough: a server that is being made is ended and started again in between. */
const TIMES = 4;

/** The number that initdb has given it; null when it does not answer. */
export async function systemIdentifier(server: Secret, { purpose, signal }: Options): Promise<string | null> {
  try {
    const options = { readOnly: true, purpose, timeoutSeconds: 5, signal };
    const [row] = await onServer(server, options, (query) => query<{ id: string }>(ASK));
    return row?.id ?? null;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

const ASK = 'select system_identifier::text as id from pg_control_system()';

/** Returns its number when it has answered several times in a row. Throws Fault when it does not within three minutes. */
export async function untilItAnswers(server: Secret, options: Options): Promise<string> {
  const until = Date.now() + PATIENCE_MS;
  let answers: string[] = [];
  while (Date.now() < until) {
    const id = await systemIdentifier(server, options);
    answers = id === null || (answers.length > 0 && answers[0] !== id) ? [] : [...answers, id];
    if (id !== null && answers.length === TIMES) return id;
    await sleep(PAUSE_MS, undefined, { signal: options.signal });
  }
  const cause = new Error(`it did not answer ${TIMES} times in a row within ${PATIENCE_MS / 1000} s`);
  throw new Fault('waiting for the new server', { cause });
}
