// Opens the door to Slack, at once or as soon as Slack answers: everything else does its work without it meanwhile.
import { reasonOf } from '../core/errors.ts';
import { sleep } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { slackIsAway } from '../notify/failure-of.ts';

type Opening = { start(): Promise<void>; stop(): Promise<void> };

export type SlackDoor = { readonly isOpen: () => boolean; stop(): Promise<void> };

const AGAIN_MS = 5_000;

/**
 * Resolves when the door is open, or when Slack is away: then it is tried again until it is open or stopped. Throws whatever
 * else keeps it closed the first time.
 */
export async function openSlackDoor(door: Opening, log: Log): Promise<SlackDoor> {
  const stopping = new AbortController();
  const open = async (): Promise<boolean> => {
    try {
      await door.start();
      return true;
    } catch (thrown) {
      if (!slackIsAway(thrown)) throw thrown;
      log.warn({ reason: reasonOf(thrown) }, 'slack does not answer, so nobody can be heard yet');
      return false;
    }
  };
  let isOpen = await open();
  const tryAgain = async () => {
    while (!isOpen) {
      await sleep(AGAIN_MS, stopping.signal);
      isOpen = await open();
    }
    log.info({}, 'slack answers, and people are heard');
  };
  const trying = isOpen
    ? Promise.resolve()
    : tryAgain().catch((thrown: unknown) => {
        if (!stopping.signal.aborted) log.error({ reason: reasonOf(thrown) }, 'the door to slack stays closed');
      });
  return {
    isOpen: () => isOpen,
    async stop() {
      stopping.abort();
      await trying;
      await door.stop();
    },
  };
}
