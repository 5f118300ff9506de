// Moments in time of an environment whose write-ahead log pgBackRest archives on the database's own host.
import type { Secret } from '../../core/secret.ts';
import { list } from '../../core/wording.ts';
import type { Host } from '../../lib/host.ts';
import { withDatabase } from '../../postgres/connect.ts';
import type { Repository } from '../../postgres/moment/on-host.ts';
import { recoverTo } from '../../postgres/moment/recover.ts';
import { dumpRecovered, homeOf, removeRecovered } from '../../postgres/moment/recovered.ts';
import type { RecoveryStep } from '../../postgres/moment/replay.ts';
import { exact, recoverableWindow } from '../../postgres/moment/window.ts';
import type { Moments } from '../direct/reach.ts';
import type { Settings } from './settings.ts';

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

/** `host` runs programs as the user whose the server is. */
export function momentsOf(
  { stanza, config, recoverIn: dir }: NonNullable<Settings['pgbackrest']>,
  host: Host,
  live: () => Promise<Secret>,
): Moments {
  const repository: Repository = { host, stanza, config };
  const server = async (signal: AbortSignal) => await answering(await live(), signal);
  return {
    async window(signal = AbortSignal.timeout(WINDOW_MS)) {
      const asked = { live: await server(signal), purpose: 'holdfast facts', signal };
      const { from, to } = await recoverableWindow(repository, asked);
      return { from, to };
    },

    async recover({ at, database, name, file }, { signal, onNote }) {
      const purpose = `holdfast ${name}`;
      const recovered = await recoverTo(repository, {
        at,
        dir,
        name,
        live: await server(signal),
        purpose,
        signal,
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

    clear: (name, signal) => removeRecovered(host, homeOf(dir, name), signal),
  };
}
