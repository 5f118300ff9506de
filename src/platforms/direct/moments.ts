// Moments in time of an environment whose write-ahead log pgBackRest archives where its server runs.
import type { Secret } from '../../core/secret.ts';
import { list } from '../../core/wording.ts';
import type { Host } from '../../lib/host.ts';
import { withDatabase } from '../../postgres/connect.ts';
import type { Repository } from '../../postgres/moment/on-host.ts';
import { recoverTo } from '../../postgres/moment/recover.ts';
import { dumpRecovered } from '../../postgres/moment/recovered.ts';
import type { RecoveryStep } from '../../postgres/moment/replay.ts';
import { exact, recoverableWindow } from '../../postgres/moment/window.ts';
import type { Moments } from './reach.ts';
import type { Stanza } from './settings.ts';

/** Where a platform lets programs run as the user whose the server is, and with its pgBackRest. */
export type Bay = {
  /** Where the repository can be read; nothing is written there. */
  readonly host: Host;
  /** Where a second cluster can be put into `dir` and run; for one recovery, by its name. */
  beside(name: string, signal: AbortSignal): Promise<{ readonly host: Host; readonly dir: string }>;
  /** Removes whatever a recovery of that name has left, and reads back that it is gone. */
  clear(name: string, signal: AbortSignal): Promise<void>;
};

const WINDOW_MS = 60_000;

/** A server that is down is recovered all the same, from what was archived: null then. */
async function answering(live: Secret, signal: AbortSignal): Promise<Secret | null> {
  const connection = { readOnly: true, purpose: 'holdfast facts', timeoutSeconds: 10, signal };
  try {
    await withDatabase(live, connection, (query) => query('select 1'));
    return live;
  } catch {
    signal.throwIfAborted();
    return null;
  }
}

function noteOf(step: RecoveryStep): string {
  if (step.step === 'restore') return `restoring the backup, ${step.percent} %`;
  return step.reached === null ? 'replaying the write-ahead log' : `replayed up to ${exact(step.reached)}`;
}

/** Nothing is contacted before something is asked of it. */
export function momentsOf({ stanza, config, superuser }: Stanza, bay: Bay, live: () => Promise<Secret>): Moments {
  const repositoryOn = (host: Host): Repository => ({ host, stanza, config });
  const server = async (signal: AbortSignal) => await answering(await live(), signal);
  return {
    async window(signal = AbortSignal.timeout(WINDOW_MS)) {
      const asked = { live: await server(signal), purpose: 'holdfast facts', signal };
      const { from, to } = await recoverableWindow(repositoryOn(bay.host), asked);
      return { from, to };
    },

    async recover({ at, database, name, file }, { signal, onNote }) {
      const purpose = `holdfast ${name}`;
      const { host, dir } = await bay.beside(name, signal);
      const recovered = await recoverTo(repositoryOn(host), {
        ...{ at, dir, name, superuser, purpose, signal },
        live: await server(signal),
        progress: (step) => onNote(noteOf(step)),
      });
      onNote('dumping the recovered database');
      await dumpRecovered(host, recovered, { database, toFile: file, purpose, signal });
      const { backup, lastCommitAt, nextCommitAt } = recovered;
      const reached = lastCommitAt ?? at;
      const ends = [
        lastCommitAt === null
          ? 'nothing was committed between the backup and that moment'
          : `the last transaction in it was committed at ${exact(lastCommitAt)}`,
        nextCommitAt === null
          ? 'the archive knows of none after it'
          : `the first one that is not was committed at ${exact(nextCommitAt)}`,
      ];
      return { reached, says: [`Recovered from ${backup}, read back from the server: ${list(ends)}.`] };
    },

    clear: bay.clear,
  };
}
