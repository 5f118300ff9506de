// Point in time on a real host: a real PostgreSQL that archives by pgBackRest, reached by ssh, recovered beside itself.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SandboxHost, startHost } from '../../sandbox/host/start.ts';
import { Refusal } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import type { Host } from '../../src/lib/host.ts';
import { sshHost } from '../../src/lib/ssh.ts';
import { archiveUpToNow } from '../../src/postgres/moment/archive-now.ts';
import type { Repository } from '../../src/postgres/moment/on-host.ts';
import { type RecoverOptions, recoverTo } from '../../src/postgres/moment/recover.ts';
import { dumpRecovered, homeOf, removeRecovered } from '../../src/postgres/moment/recovered.ts';
import { recoverableWindow } from '../../src/postgres/moment/window.ts';

const run = promisify(execFile);
let there: SandboxHost;
let host: Host;
let repository: Repository;
let live: Secret;
let local = '';
beforeAll(async () => {
  there = await startHost({ days: 3 });
  const { serverUser } = there;
  host = sshHost({
    address: there.sshd.address,
    path: '/usr/bin:/bin',
    remotePath: there.path,
    ...(serverUser === undefined ? {} : { as: serverUser }),
    refuse: (...all) => new Refusal(...all),
  });
  repository = { host, stanza: there.pgBackRest.stanza, config: there.pgBackRest.config };
  live = new Secret(there.database.url);
  local = await mkdtemp(join(tmpdir(), 'holdfast-moment-'));
});
afterAll(async () => {
  await there.stop();
  await rm(local, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const purpose = 'holdfast test';
const rows = async (sql: string) => Number((await there.control.sql(`select count(*) as n from ${sql}`))[0]?.['n']);
const now = async () => archiveUpToNow(live, { purpose, signal });
const recover = (at: string | null, options: Partial<RecoverOptions> = {}) =>
  recoverTo(repository, { live, purpose, signal, at, dir: recoveryDir(), name: 'op-41', ...options });
/** User postgres may make directories in its own. */
const recoveryDir = () => join(there.dir, 'postgres', 'beside');

/** What a recovered table holds, counted in the archive that was dumped from it. */
async function rowsInDump(file: string, table: string): Promise<number> {
  const { stdout } = await run('pg_restore', ['--data-only', `--table=${table}`, '-f', '-', file], { maxBuffer: 1e8 });
  const lines = stdout.split('\n');
  return lines.indexOf('\\.') - lines.findIndex((line) => line.startsWith('COPY ')) - 1;
}

describe('the window', () => {
  it('begins where the first backup ended and reaches, after the archive was brought up to now, up to now', async () => {
    const { moment } = await now();
    const window = await recoverableWindow(repository, { live, purpose, signal });
    expect(window).toMatchObject({ certain: true, archiverFails: null, major: 15 });
    expect(window.backups).toMatchObject([{ type: 'full', stoppedAt: window.from }]);
    expect(Date.parse(window.to)).toBeGreaterThanOrEqual(Date.parse(window.from));
    expect(Date.parse(window.to)).toBeGreaterThanOrEqual(Date.parse(moment) - 2_500);
    expect(window.archiveLagSeconds).toBeGreaterThanOrEqual(0);
  });

  it('says how far the archive lies behind, and why, when nothing can be archived', async () => {
    await now();
    await there.control.sql(`alter system set archive_command = 'false'`);
    await there.control.sql('select pg_reload_conf()');
    await there.control.sql(
      `insert into accounts (email, full_name, created_at) values ('late@example.com', 'L', now())`,
    );
    await expect(archiveUpToNow(live, { purpose, signal, patienceSeconds: 3 })).rejects.toMatchObject({
      code: 'archiving-stands-still',
    });
    const window = await recoverableWindow(repository, { live, purpose, signal });
    expect(window.archiverFails).toMatch(/^[0-9A-F]{24}$/);
    expect(window.archiveLagSeconds).toBeGreaterThan(3);
    await there.control.sql('alter system reset archive_command');
    await there.control.sql('select pg_reload_conf()');
    await now();
  });

  it('is known from the repository alone when the server is down, and then not said to be certain', async () => {
    const window = await recoverableWindow(repository, { live: null, purpose, signal });
    expect(window).toMatchObject({ certain: false, archiverFails: null });
    expect(Date.parse(window.to)).toBeGreaterThan(Date.parse(window.from));
  });

  it('of another stanza is refused, as is one of another server', async () => {
    const other = { ...repository, stanza: 'nobody' };
    await expect(recoverableWindow(other, { live, purpose, signal })).rejects.toMatchObject({
      code: 'nothing-to-recover-from',
    });
    const { startPostgres } = await import('../../sandbox/servers/postgres.ts');
    const stranger = await startPostgres();
    const mistaken = { live: new Secret(stranger.url), purpose, signal };
    await expect(recoverableWindow(repository, mistaken)).rejects.toMatchObject({ code: 'stanza-of-another-server' });
    await stranger.stop();
  });

  it('is shown with both ends in UTC to whoever asks for a moment outside of it', async () => {
    const { from, to } = await recoverableWindow(repository, { live, purpose, signal });
    const shown = (moment: string) => moment.replace('T', ' ').replace('Z', ' UTC');
    const asked: [number, RegExp][] = [
      [Date.parse(from) - 3_600_000, /before the end of the first backup/],
      [Date.parse(to) + 86_400_000, /lies in the future/],
    ];
    for (const [at, why] of asked) {
      await expect(recover(new Date(at).toISOString())).rejects.toMatchObject({
        code: 'moment-outside-window',
        why: expect.stringMatching(why),
        next: expect.stringContaining(`from ${shown(from)} to ${shown(to)}`),
      });
    }
  });

  it('is stretched to a moment that has just passed by archiving what is missing, and to no other', async () => {
    await there.control.sql(`alter system set archive_command = 'false'`);
    await there.control.sql('select pg_reload_conf()');
    const [row] = await there.control.sql('select now() as at');
    const at = new Date(String(row?.['at'])).toISOString();
    await expect(recover(at, { live: null })).rejects.toMatchObject({
      code: 'moment-outside-window',
      why: expect.stringContaining('is not in the archive yet'),
    });
    await expect(recover(at, { patienceSeconds: 2 })).rejects.toMatchObject({ code: 'archiving-stands-still' });
    await there.control.sql('alter system reset archive_command');
    await there.control.sql('select pg_reload_conf()');
  });
});

// Each of them is some twenty calls by ssh.
describe('a recovery', { timeout: 180_000 }, () => {
  it('stops exactly before a bad transaction: its rows are there, in a dump on this machine', async () => {
    const before = await rows('transactions');
    const [row] = await there.control.sql("select date_trunc('milliseconds', clock_timestamp()) as at");
    const at = new Date(String(row?.['at'])).toISOString();
    await sleep(50);
    const gone = await there.control.deleteTransactions();
    expect(gone).toBeGreaterThan(0);

    const steps: string[] = [];
    const recovered = await recover(at, { progress: ({ step }) => steps.push(step) });
    expect(steps).toContain('restore');
    expect((recovered.lastCommitAt ?? '') <= `${at.slice(0, -1)}000Z`).toBe(true);
    // The next one would have been the deletion.
    expect((recovered.nextCommitAt ?? '') > at).toBe(true);

    const toFile = join(local, 'recovered.dump');
    await dumpRecovered(host, recovered, { database: there.database.name, toFile, purpose, signal });
    expect(await rowsInDump(toFile, 'transactions')).toBe(before);
    expect(await rows('transactions')).toBe(before - gone);

    await removeRecovered(host, recovered.home, signal);
    expect(existsSync(recovered.home)).toBe(false);
  });

  it('is read-only, cannot be reached by the network and writes nothing into the live archive', async () => {
    const { moment } = await now();
    const recovered = await recover(moment);
    const ask = async (sql: string) =>
      await host.run(`${recovered.bin}/psql`, ['-XAt', '-h', `${recovered.home}/sockets`, '-U', 'postgres', '-c', sql]);
    expect((await ask('create table x ()')).stderr).toContain('read-only transaction');
    expect((await ask("select current_setting('archive_mode') || current_setting('listen_addresses')")).stdout).toBe(
      'off\n',
    );
    const archived = async () => (await recoverableWindow(repository, { live: null, purpose, signal })).newestWal;
    const before = await archived();
    // What nobody of us does: even then its WAL stays its own.
    await ask('select pg_promote()');
    await ask('select pg_switch_wal()');
    await sleep(500);
    expect(await archived()).toBe(before);
    // Nor is it taken for what was recovered any more.
    const toFile = join(local, 'promoted.dump');
    const dumping = dumpRecovered(host, recovered, { database: there.database.name, toFile, purpose, signal });
    await expect(dumping).rejects.toThrow('has moved meanwhile');
    expect(existsSync(toFile)).toBe(false);
    await removeRecovered(host, recovered.home, signal);
  });

  it('reaches a moment after which nobody wrote any more', async () => {
    await there.control.sql(
      `insert into accounts (email, full_name, created_at) values ('last@example.com', 'L', now())`,
    );
    // As an archive_timeout does it: the segment ends, without a commit after it.
    await sleep(2_500);
    await there.control.sql('select pg_switch_wal()');
    await sleep(1_500);
    const { to } = await recoverableWindow(repository, { live, purpose, signal });
    const recovered = await recover(to);
    expect(recovered.nextCommitAt).toBeNull();
    await removeRecovered(host, recovered.home, signal);
  });

  it('that nobody can say to be complete is refused with the last transaction that there is', async () => {
    const window = await recoverableWindow(repository, { live: null, purpose, signal });
    const at = new Date(Date.parse(window.to)).toISOString();
    await expect(recover(at, { live: null })).rejects.toMatchObject({
      code: 'archive-ends-earlier',
      why: expect.stringMatching(
        /^Recovery ended before .* the last that the archive holds is a transaction of .* UTC/,
      ),
    });
  });

  it('of all that is there needs no live server', async () => {
    const recovered = await recover(null, { live: null });
    const toFile = join(local, 'all.dump');
    await dumpRecovered(host, recovered, { database: there.database.name, toFile, purpose, signal });
    expect(await rowsInDump(toFile, 'accounts')).toBe(await rows('accounts'));
    await removeRecovered(host, recovered.home, signal);
  });

  it('tells where WAL is missing in the middle of the archive, and leaves nothing behind', async () => {
    await now();
    const { newestWal } = await recoverableWindow(repository, { live, purpose, signal });
    const folder = join(there.dir, 'pgbackrest/repository/archive', repository.stanza, '15-1', newestWal.slice(0, 16));
    const [name = ''] = (await readdir(folder)).filter((entry) => entry.startsWith(`${newestWal}-`));
    await rename(join(folder, name), join(local, name));
    const { moment } = await now();
    await expect(recover(moment)).rejects.toMatchObject({ code: 'archive-has-a-gap' });
    await rename(join(local, name), join(folder, name));
    expect(existsSync(homeOf(recoveryDir(), 'op-41'))).toBe(false);
  });

  it('is refused where a second cluster has no room', async () => {
    const { moment } = await now();
    await there.control.fillUp(95);
    await expect(recover(moment)).rejects.toMatchObject({ code: 'no-room-beside' });
    await there.control.fillUp(null);
    expect(existsSync(homeOf(recoveryDir(), 'op-41'))).toBe(false);
  });

  it('that was given up leaves neither files nor a server behind', async () => {
    const { moment } = await now();
    const abort = new AbortController();
    const given = recover(moment, {
      signal: abort.signal,
      progress: ({ step }) => {
        if (step === 'replay') abort.abort();
      },
    });
    await expect(given).rejects.toThrow('aborted');
    expect(existsSync(homeOf(recoveryDir(), 'op-41'))).toBe(false);
    expect((await run('ps', ['-A', '-o', 'args='])).stdout).not.toContain(recoveryDir());
  });

  it('removes what a crash has left of an earlier one', async () => {
    const { moment } = await now();
    const first = await recover(moment);
    const second = await recover(moment);
    expect(second.home).toBe(first.home);
    await removeRecovered(host, second.home, signal);
    await removeRecovered(host, second.home, signal);
    expect((await run('ps', ['-A', '-o', 'args='])).stdout).not.toContain(recoveryDir());
  });
});
