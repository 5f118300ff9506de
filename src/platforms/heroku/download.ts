// Fetches a finished backup into a new file, whole or not at all.
import { createWriteStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault, reasonOf } from '../../core/errors.ts';
import type { DownloadOptions } from '../../core/platform.ts';
import { sleep } from '../../lib/clock.ts';
import { namedBackup } from './backup-id.ts';
import { transfersOf } from './readings.ts';
import { PublicUrl } from './schema.ts';
import type { Tools } from './tools.ts';
import { isFinished } from './transfers.ts';

const STALLED_MS = 60_000;

/** Writes the backup of that name; the file must not exist, and is removed again when the download fails. */
export async function download(
  { api, options }: Tools,
  app: string,
  id: string,
  file: string,
  { signal, onBytes }: DownloadOptions,
): Promise<void> {
  const transfer = namedBackup(await transfersOf(api, app, signal), id, app);
  if (!isFinished(transfer) || transfer.succeeded !== true)
    throw new Fault(`downloading ${id} of ${app}: it is not finished`);
  await (await open(file, 'wx', 0o600)).close();
  const path = `/client/v11/apps/${app}/transfers/${transfer.num}/actions/public-url`;
  try {
    for (let tried = 1; ; tried += 1) {
      // The address is a secret of its own: whoever has it has the data.
      const { url } = await api.get(path, PublicUrl, { host: 'data', method: 'POST', signal });
      const problem = await fetchInto(new URL(url), file, options.host, signal, onBytes);
      if (problem === null) return;
      if (tried >= options.tries) throw new Fault(`downloading ${id} of ${app}: ${problem}`);
      await sleep(options.pause * 2 ** (tried - 1), signal);
    }
  } catch (thrown) {
    await rm(file, { force: true });
    throw thrown;
  }
}

/** What went wrong, or null when the file is complete. */
async function fetchInto(
  url: URL,
  file: string,
  host: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string | null> {
  if (url.protocol !== 'https:' && !host.startsWith('http://')) return 'its address is not encrypted';
  const stalled = new AbortController();
  const watch = setTimeout(() => stalled.abort(), STALLED_MS);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, stalled.signal]) });
    if (!response.ok || response.body === null) return `the store answered with ${response.status}`;
    const length = response.headers.get('content-length');
    let bytes = 0;
    const meter = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        watch.refresh();
        onBytes(bytes);
        done(null, chunk);
      },
    });
    await pipeline(Readable.fromWeb(response.body), meter, createWriteStream(file, { flags: 'w' }));
    const { size } = await stat(file);
    if (length !== null && Number(length) !== size) return `${size} of ${length} bytes arrived`;
    return size === 0 ? 'it is empty' : null;
  } catch (thrown) {
    signal.throwIfAborted();
    return stalled.signal.aborted ? `no byte arrived for ${STALLED_MS / 1000} s` : causeOf(thrown);
  } finally {
    clearTimeout(watch);
  }
}

function causeOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
  return reasonOf(cause);
}
