// A cluster that was recovered beside the live one: read-only, reached only over there, dumped and then removed.
import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { Fault } from '../../core/errors.ts';
import type { Host } from '../../lib/host.ts';
import { must } from './on-host.ts';

export type Recovered = {
  /** Its directory over there, with `data`, `sockets` and `server.log`. */
  readonly home: string;
  /** Where PostgreSQL's programs of its version are. */
  readonly bin: string;
  /** The superuser with whom it was made. */
  readonly superuser: string;
};

/** How far replay has come. */
export type Replay = {
  readonly isPaused: boolean;
  /** It has replayed all that the archive holds, and waits for more. */
  readonly isAtEnd: boolean;
  readonly inRecovery: boolean;
  /** Of the last transaction that is in it, to the microsecond; null when none was replayed since the backup. */
  readonly lastCommitAt: string | null;
  readonly lsn: string;
  readonly systemIdentifier: string;
};

const Replay = z.object({
  isPaused: z.boolean(),
  isAtEnd: z.boolean(),
  inRecovery: z.boolean(),
  lastCommitAt: z.string().nullable(),
  lsn: z.string(),
  systemIdentifier: z.string(),
}) satisfies z.ZodType<Replay>;

const ASK_REPLAY = `
  select json_build_object(
    'isPaused', pg_is_in_recovery() and pg_is_wal_replay_paused(),
    'isAtEnd', exists (select 1 from pg_stat_activity
      where backend_type = 'startup' and wait_event = 'RecoveryRetrieveRetryInterval'),
    'inRecovery', pg_is_in_recovery(),
    'lastCommitAt', to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'lsn', pg_last_wal_replay_lsn(),
    'systemIdentifier', (select system_identifier::text from pg_control_system()))`;

const ANSWER_MS = 30_000;

/** Null while it does not answer, as it does not before it is consistent. */
export async function askReplay(host: Host, recovered: Recovered, signal: AbortSignal): Promise<Replay | null> {
  const args = ['-X', '-A', '-t', '-q', '-d', conninfo(recovered, 'template1', 'holdfast moment'), '-c', ASK_REPLAY];
  const ran = await host.run(`${recovered.bin}/psql`, args, { signal, timeoutMs: ANSWER_MS });
  signal.throwIfAborted();
  return ran.code === 0 ? Replay.parse(JSON.parse(ran.stdout)) : null;
}

export type DumpOptions = {
  readonly database: string;
  /** A new file on this machine. */
  readonly toFile: string;
  /** Shown as application_name over there. */
  readonly purpose: string;
  readonly signal: AbortSignal;
};

/**
 * Dumps one of its databases into a file of this machine, in pg_dump's custom format, not compressed. Throws Fault when it
 * does not end well, or when the cluster has moved meanwhile; then there is no file.
 */
export async function dumpRecovered(host: Host, recovered: Recovered, options: DumpOptions): Promise<void> {
  const { database, toFile, purpose, signal } = options;
  const activity = `dumping the recovered database ${database}`;
  try {
    const before = await askReplay(host, recovered, signal);
    const args = ['-Fc', '--compress=0', '--no-password', '-d', conninfo(recovered, database, purpose)];
    await must(activity, host, `${recovered.bin}/pg_dump`, args, { stdoutFile: toFile, signal, maxBuffer: 10_000 });
    const after = await askReplay(host, recovered, signal);
    if (before === null || !isStill(before, after)) throw new Fault(`${activity}: the cluster has moved meanwhile`);
  } catch (thrown) {
    await rm(toFile, { force: true });
    throw thrown;
  }
}

function isStill(before: Replay, after: Replay | null): boolean {
  return after?.inRecovery === true && after.lsn === before.lsn && after.lastCommitAt === before.lastCommitAt;
}

/** Where a cluster of this name is recovered: below the directory that was set aside for it. */
export function homeOf(dir: string, name: string): string {
  if (!/^\/[A-Za-z0-9._/-]+$/.test(dir) || !/^[a-z0-9-]+$/.test(name)) {
    throw new Error('an absolute path of plain characters and a name like "op-41" were expected');
  }
  return `${dir.replace(/\/+$/, '')}/recovered-${name}`;
}

const IS_THERE = 'if [ -e "$1" ]; then echo yes; fi';

/** Ends the server and removes all of it, and reads back that it is gone. Nothing happens where nothing is. */
export async function removeRecovered(host: Host, home: string, signal: AbortSignal): Promise<void> {
  const activity = 'removing a recovered cluster';
  // What is removed can be nothing but what was made here.
  if (!/^\/.*\/recovered-[a-z0-9-]+$/.test(home)) throw new Error(`${home} is no recovered cluster`);
  const isThere = async () =>
    (await must(activity, host, 'sh', ['-c', IS_THERE, 'sh', home], { signal })).stdout === 'yes\n';
  if (!(await isThere())) return;
  const pid = (await host.run('head', ['-n', '1', `${home}/data/postmaster.pid`], { signal })).stdout.trim();
  // Immediate shutdown: nothing is written that is thrown away anyway. It may have gone already.
  if (/^\d+$/.test(pid)) await endServer(host, Number(pid), home, signal);
  await must(activity, host, 'rm', ['-rf', '--', home], { signal });
  if (await isThere()) throw new Fault(`${activity}: ${home} is still there on ${host.name}`);
}

// By `ps` and not by pg_ctl, which would believe a file that a crash has left: its number may be another program's by now.
async function endServer(host: Host, pid: number, home: string, signal: AbortSignal): Promise<void> {
  const isIt = async () => (await host.run('ps', ['-o', 'args=', '-p', String(pid)], { signal })).stdout.includes(home);
  for (const how of ['-QUIT', '-KILL']) {
    if (!(await isIt())) return;
    await host.run('kill', [how, String(pid)], { signal });
    await host.run('timeout', ['10', 'tail', '-s', '0.1', `--pid=${pid}`, '-f', '/dev/null'], { signal });
  }
}

function conninfo({ home, superuser }: Recovered, database: string, purpose: string): string {
  const parts = { host: `${home}/sockets`, port: '5432', user: superuser, dbname: database, application_name: purpose };
  return Object.entries(parts)
    .map(([name, value]) => `${name}='${value.replaceAll(/['\\]/g, '\\$&')}'`)
    .join(' ');
}
