// The simulated disaster with a real PostgreSQL: filled, destroyed, recovered against the clock, compared, and nothing left (P12, S8).
import { chmod, mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Args, Outcome } from '../../src/core/action.ts';
import { drillDisaster } from '../../src/platforms/shared/drill-disaster.ts';
import { differing, fingerprintOf } from '../../src/postgres/compare/fingerprint.ts';
import { backup, type Ledger, ledger, PATH, runOf, startLedger } from './postgres-fixture.ts';

const from: Args<'drill.disaster'>['from'] = { environment: 'production', backup };
const now = () => new Date('2025-11-21T03:00:00.000Z');
const objectives = { rtoMinutes: 240, rpoMinutes: 60 };

let db: Ledger;
let whole: string;
let half: string;
beforeAll(async () => {
  db = await startLedger();
  whole = await db.dump('whole.dump');
  half = await db.dump('half.dump', (bytes) => bytes.subarray(0, bytes.length / 2));
});
afterAll(() => db.stop());

async function optionsOn(archive: string) {
  const workDir = await mkdtemp(join(db.dir, 'work-'));
  await chmod(workDir, 0o711);
  return { platform: db.platform(() => archive), workDir, path: PATH, now };
}

function checksOf({ evidence }: Outcome): string[] {
  return evidence.checks.map(({ name, status }) => `${name}: ${status}`);
}

const GOOD = [
  'accounts: pass',
  'entries: pass',
  'billing.invoices: pass',
  'orphaned entries: pass',
  'sum of all amounts: pass',
];

describe('drill.disaster', () => {
  it('recovers what it has destroyed, the same by counts and checksums, and proves the backup', async () => {
    const options = await optionsOn(whole);
    const run = runOf({ system: { ...ledger, objectives } });
    const outcome = await drillDisaster(options).do({ from }, run);
    expect(checksOf(outcome)).toEqual([...GOOD, 'Same as before: pass', 'RTO 4 h: pass']);
    expect(outcome.evidence.says).toEqual([
      expect.stringMatching(/^A throwaway server was filled from a001 in 00:\d\d: 4,339 rows in 4 tables\.$/),
      'It was ended at once and its data directory removed; read again: nothing of it was left.',
      expect.stringMatching(/^Recovered from a001 in 00:\d\d, data checked: 4,339 rows in 4 tables\.$/),
    ]);
    expect(outcome).toMatchObject({
      is: 'done',
      evidence: { proof: { backup: 'a001', operation: 'op-41', tables: { entries: 4280 } } },
      output: { filledSeconds: expect.any(Number), recoverySeconds: expect.any(Number) },
    });
    expect(run.notes).toContain('50 the server is destroyed, recovering it');
    expect(await readdir(options.workDir)).toEqual([]);
  });

  it('finds that the recovery took too long without failing for it: that is what it is for', async () => {
    const options = await optionsOn(whole);
    const system = { ...ledger, objectives: { rtoMinutes: 0.0001, rpoMinutes: 60 } };
    const outcome = await drillDisaster(options).do({ from }, runOf({ system }));
    expect(outcome.is).toBe('done');
    expect(checksOf(outcome).at(-1)).toBe('RTO 0 s: fail');
    expect(outcome.evidence.proof).toBeDefined();
  });

  it('proves nothing when the recovered data breaks a rule, and promises no time where the file names none', async () => {
    const options = await optionsOn(whole);
    const system = { ...ledger, tables: [{ name: 'entries', atLeast: 5000 }], invariants: [] };
    const outcome = await drillDisaster(options).do({ from }, runOf({ system }));
    expect(checksOf(outcome)).toEqual(['entries: fail', 'Same as before: pass']);
    expect(outcome.evidence.proof).toBeUndefined();
  });

  it('leaves nothing when the backup cannot be used, nor when it is interrupted', async () => {
    const cut = await optionsOn(half);
    await expect(drillDisaster(cut).do({ from }, runOf())).rejects.toThrow('is cut off');
    expect(await readdir(cut.workDir)).toEqual([]);
    const stop = new AbortController();
    const options = await optionsOn(whole);
    const progress = ({ note }: { note: string }) => {
      if (note === 'the server is destroyed, recovering it') stop.abort(new Error('the lease was lost'));
    };
    const action = drillDisaster(options);
    await expect(action.do({ from }, runOf({ signal: stop.signal, progress }))).rejects.toThrow('the lease was lost');
    // The archive is kept for whoever takes it up again; of the servers nothing is.
    expect(await readdir(options.workDir)).toEqual(['op-41']);
    expect(await action.probe({ from }, runOf())).toEqual({ is: 'not_happened' });
    expect((await action.do({ from }, runOf())).is).toBe('done');
    expect(await readdir(options.workDir)).toEqual([]);
  });
});

describe('the fingerprint of a database', () => {
  const asking = { purpose: 'holdfast test', signal: new AbortController().signal };

  it('notices one changed value, one row more, and a table that is gone', async () => {
    const before = await fingerprintOf(db.url, asking);
    expect(differing(before, await fingerprintOf(db.url, asking))).toEqual([]);
    await db.query("update entries set memo = 'changed' where id = 7");
    await db.query('insert into accounts values (51, $$new$$)');
    await db.query('drop table billing.invoices');
    const after = await fingerprintOf(db.url, asking);
    expect(differing(before, after)).toEqual(['billing.invoices', 'public.accounts', 'public.entries']);
    expect(differing(after, before)).toEqual(differing(before, after));
  });
});
