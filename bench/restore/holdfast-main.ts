// Holdfast's process as the benchmark measures it: the engine, with all of the application's code loaded beside it.
import '../../src/app.ts';
import { reasonOf } from '../../src/core/errors.ts';
import { type Answer, Job } from './jobs.ts';
import { carryOut, type Place } from './parts.ts';

const [dir = ''] = process.argv.slice(2);
const stop = new AbortController();
const place: Place = { dir, path: process.env['PATH'] ?? '', signal: stop.signal };

process.on('message', async (message) => {
  process.send?.(await answerTo(message));
});
process.on('disconnect', () => {
  stop.abort();
  process.exit();
});

async function answerTo(message: unknown): Promise<Answer> {
  try {
    return { done: await carryOut(Job.parse(message), place) };
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? `: ${reasonOf(thrown.cause)}` : '';
    return { error: `${reasonOf(thrown)}${cause}` };
  }
}
