// Starts a capture or restore through the CLI and finds its transfer in the API: by that, never by the CLI's exit code.
import type { Run } from '../../core/action.ts';
import { sleep } from '../../lib/clock.ts';
import type { Running } from './cli.ts';
import type { Line } from './cli-lines.ts';
import { follow } from './follow.ts';
import { transfersOf } from './readings.ts';
import type { Transfer } from './schema.ts';
import type { Tools } from './tools.ts';
import { transferName } from './transfers.ts';
import { patiently, until } from './waiting.ts';

/** By what our transfer is told from all others. */
export type Wanted = {
  /** The app in whose list it appears. */
  readonly owner: string;
  /** The highest number before it was begun. */
  readonly after: number;
  matches(transfer: Transfer): boolean;
};

export type Found =
  | { readonly is: 'one'; readonly transfer: Transfer }
  | { readonly is: 'none'; readonly said: string }
  | { readonly is: 'several'; readonly names: readonly string[] };

/** How long the CLI may go on after its transfer has ended: it looks every 3 s. */
const CLI_GRACE_MS = 10_000;
/** What the CLI writes when Heroku has accepted its request: a hint when to stop waiting, nothing more. */
const ACCEPTED = /Starting (?:backup|restore) of .*done/;

/** The highest number in use: whatever is begun later gets a higher one. */
export function highest(transfers: readonly Transfer[]): number {
  return Math.max(0, ...transfers.map(({ num }) => num));
}

/** Our transfers as they are listed now. */
async function listed({ api }: Tools, { owner, after, matches }: Wanted, signal: AbortSignal): Promise<Transfer[]> {
  const all = await transfersOf(api, owner, signal);
  return all.filter((transfer) => transfer.num > after && matches(transfer));
}

/** Looks for our transfer until it has had time to appear, and follows it to its end. */
export async function search(tools: Tools, wanted: Wanted, run: Run, said = ''): Promise<Found> {
  const look = () => listed(tools, wanted, run.signal);
  const found = await until(tools, tools.options.settle, look, ({ length }) => length > 0, run.signal);
  const [transfer] = found;
  if (transfer === undefined) return { is: 'none', said };
  if (found.length > 1) return several(found);
  return { is: 'one', transfer: await follow(tools, wanted.owner, transfer, run) };
}

/** Begins it, unless it was begun already, and follows it to its end. */
export async function begin(tools: Tools, wanted: Wanted, line: Line, run: Run): Promise<Found> {
  const before = await listed(tools, wanted, run.signal);
  if (before.length > 0) return search(tools, wanted, run);
  await run.fence();
  const running = tools.cli.start(line, { signal: run.signal });
  try {
    await appears(tools, wanted, running, run);
    const found = await search(tools, wanted, run, running.said());
    if (found.is !== 'one') return found;
    await letEnd(running, run.signal);
    // Somebody else's may have been the first to appear; ours would be here by now.
    const all = await patiently(tools, () => listed(tools, wanted, run.signal), run.signal);
    return all.length > 1 ? several(all) : found;
  } finally {
    await running.stop();
  }
}

/** Waits until it is listed, or Heroku has accepted it, or the CLI has ended. */
async function appears(tools: Tools, wanted: Wanted, running: Running, { signal }: Run): Promise<void> {
  for (;;) {
    await Promise.race([sleep(tools.options.poll, signal), running.ended]);
    if (running.isOver() || ACCEPTED.test(running.said())) return;
    const found = await patiently(tools, () => listed(tools, wanted, signal), signal);
    if (found.length > 0) return;
  }
}

/** Once its request was accepted the CLI only watches; before that it must not be cut off in the middle of asking. */
async function letEnd(running: Running, signal: AbortSignal): Promise<void> {
  const end = Date.now() + CLI_GRACE_MS;
  while (!running.isOver() && !ACCEPTED.test(running.said()) && Date.now() < end) await sleep(100, signal);
}

function several(transfers: readonly Transfer[]): Found {
  return { is: 'several', names: transfers.map(transferName) };
}
