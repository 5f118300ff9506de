// The files of a report, made when they are sent, by a process of their own: what draws them is large, and slow to load.
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { Fault } from '../core/errors.ts';
import type { Report } from '../core/report.ts';
import { exec } from '../lib/exec.ts';
import type { ReportFile } from './make-files.ts';

/** As the process writes them: `data` in base64. */
const Made = z.array(z.object({ name: z.string(), title: z.string(), alt: z.string().nullable(), data: z.base64() }));

const PROGRAM = fileURLToPath(new URL('./files-main.ts', import.meta.url));
/** A machine that is busy with a restore draws slowly. */
const PATIENCE_MS = 120_000;
const MOST_CHARACTERS = 50_000_000;

/**
 * Markdown first; of a drill the PDF and the picture besides. `history`: reports of the system's drills, in any order; those
 * of the same drill until this one are drawn. Loading and drawing hold up an event loop for seconds, in which Slack would wait
 * in vain for our acknowledgements. Throws Fault when the files could not be made.
 */
export async function reportFiles(
  report: Report,
  history: readonly Report[],
): Promise<readonly [ReportFile, ...ReportFile[]]> {
  const activity = `making the files of ${report.id}`;
  const ran = await exec(process.execPath, ['--max-old-space-size=512', PROGRAM], {
    env: {},
    stdin: JSON.stringify({ report, history }),
    timeoutMs: PATIENCE_MS,
    maxBuffer: MOST_CHARACTERS,
  });
  if (ran.code !== 0) throw new Fault(activity, { cause: new Error(ran.timedOut ? 'it took too long' : ran.stderr) });
  const [first, ...rest] = Made.parse(JSON.parse(ran.stdout)).map((file) => ({
    ...file,
    data: new Uint8Array(Buffer.from(file.data, 'base64')),
  }));
  if (first === undefined) throw new Fault(`${activity}: there are none`);
  return [first, ...rest];
}
