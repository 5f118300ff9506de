// Plans for a PostgreSQL that Holdfast reaches itself: whole, warm, one table, a moment in time, masked, cleaned up, and the way back.
import { describe, expect, it } from 'vitest';
import { builtFor } from '../../../src/core/built.ts';
import type { OperationCommand } from '../../../src/core/command.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { EnvironmentFacts, Facts, Server } from '../../../src/core/facts.ts';
import type { Operation } from '../../../src/core/operation.ts';
import type { Capability } from '../../../src/core/platform.ts';
import { cleanup } from '../../../src/runbooks/cleanup.ts';
import { restore } from '../../../src/runbooks/restore.ts';
import { undo } from '../../../src/runbooks/undo.ts';
import { warm } from '../../../src/runbooks/warm.ts';
import { backupOf, daysAgo, factsOf, proofOf, targetOf } from '../../support/facts.ts';
import { systemFile, systemOf } from '../../support/system.ts';
import { carriedOut, inWords, planned } from './drafts.ts';

const can: readonly Capability[] = ['backups', 'candidate', 'server', 'tables', 'moments'];
const SERVER: Server = {
  services: ['web', 'celery', 'celery-beat'],
  migrate: 'python manage.py migrate',
  bytes: 1_130_000_000,
  freeBytes: 53_000_000_000,
  warm: [],
  candidates: [],
  kept: [],
};
const WARM: Server['warm'][number] = {
  name: 'provote_op39_aa11',
  identity: '7/16500',
  operation: 'op-39',
  bytes: 900_000_000,
  backup: 'a008',
  sha256: null,
  built: builtFor(systemOf(), 'production', backupOf('a008')),
  checkedAt: daysAgo(0, 3),
};

/** Production with a server, and staging likewise. */
function reached(differing: Partial<EnvironmentFacts> = {}, server: Partial<Server> = {}): Facts {
  const here = { server: { ...SERVER, ...server }, ...differing };
  return factsOf({ production: here, staging: here });
}

function restoring(given: Partial<Extract<OperationCommand, { verb: 'restore' }>> = {}) {
  return {
    verb: 'restore' as const,
    system: null,
    environment: 'production',
    backup: 'a008',
    at: null,
    table: null,
    ...given,
  };
}

/** The refusal's code and sentences. */
function refused(plan: () => unknown): string {
  try {
    plan();
  } catch (thrown) {
    if (thrown instanceof Refusal) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('it was not refused');
}

function label(plan: { statements: readonly { label: string; text: string; tone: string }[] }, name: string) {
  const found = plan.statements.find((one) => one.label === name);
  return found === undefined ? 'nothing' : `${found.tone} ${found.text}`;
}

describe('a restore', () => {
  it('brings the archive here, builds and checks a candidate, and exchanges it between stop and start', () => {
    expect(inWords(planned(restore, restoring(), { can, facts: reached() }))).toMatchInlineSnapshot(`
      "Restore grayledger-production from a008 [production]
      · Source: grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB
      · Age of the backup: 11 h 56 min
      ! Lost by this: rows added since a008: entries 12 rows; besides, not counted: changes to older rows and rows of users
      ! Last proven restore: never; \`/dr verify --deep\` proves one
      · Until it is approved: only a new database is built and checked; the live one is not touched
      · Disk: a second copy of about 1130 MB, 53.0 GB free
      pinned: grayledger-production/postgresql-production, a008 of production
      s1 backup.fetch: Bring a008 here and read it to its end (from a008 of production)
      s2 candidate.preflight: See whether it can be loaded (environment production, candidate grayledger-production-op41-7f3a, from a008 of production)
      s3 candidate.create: Create a new database grayledger-production-op41-7f3a (environment production, candidate grayledger-production-op41-7f3a, at null)
      s4 candidate.load: Restore a008 into it (environment production, candidate grayledger-production-op41-7f3a, from a008 of production, masked false)
      s5 candidate.check: Check its data (environment production, candidate grayledger-production-op41-7f3a, expect null)
      ----
      s6 services.stop: Stop celery-beat, celery and web (environment production, services web+celery+celery-beat)
      s7 database.promote: Make grayledger-production-op41-7f3a the live database (environment production, promote grayledger-production-op41-7f3a, previous postgresql-production)
      s8 migrations.run: Run the pending migrations (environment production)
      s9 services.start: Start web, celery and celery-beat (environment production, services web+celery+celery-beat)
      s10 health.check: Ask the health endpoint (environment production, required true)
      undo: what is live now is kept as postgresql-production until 2025-11-28 14:00 UTC, and can be made the live database again"
    `);
  });

  it('of staging overwrites nothing either', () => {
    const { steps } = planned(restore, restoring({ environment: 'staging' }), { can, facts: reached() });
    expect(steps.map(({ action }) => action)).not.toContain('database.restore');
  });

  it('stops nothing where nothing runs, and runs no migrations where there are none', () => {
    const facts = reached({}, { services: [], migrate: null });
    const { steps } = planned(restore, restoring(), { can, facts });
    expect(steps.map(({ action }) => action).slice(5)).toEqual(['database.promote', 'health.check']);
  });

  it('of the backup that is kept warm is only a check and the exchange', () => {
    const plan = planned(restore, restoring(), { can, facts: reached({}, { warm: [WARM] }) });
    expect(plan.steps.slice(0, plan.gate ?? 0).map(({ action }) => action)).toEqual(['candidate.check']);
    expect(label(plan, 'Prepared')).toBe(
      'plain provote_op39_aa11 stands ready, checked 3 h ago by op-39; only the exchange is left',
    );
    const other = planned(restore, restoring({ backup: 'a007' }), { can, facts: reached({}, { warm: [WARM] }) });
    expect(other.steps[0]?.action).toBe('backup.fetch');
  });

  it.each([
    [{ bytes: 1_000_000_000, freeBytes: 53_000_000_000 }, 'plain a second copy of about 1000 MB, 53.0 GB free'],
    [{ bytes: 1_000_000_000, freeBytes: 900_000_000 }, 'warn a second copy of about 1000 MB, 900 MB free'],
    [{ bytes: 1_000_000_000, freeBytes: null }, 'warn a second copy of about 1000 MB, free space unknown'],
    [{ bytes: null }, 'nothing'],
  ])('says what %j means for the disk', (server, text) => {
    expect(label(planned(restore, restoring(), { can, facts: reached({}, server) }), 'Disk')).toBe(text);
  });

  it('runs the smoke tests that the environment has', () => {
    const { production, staging } = systemFile().environments;
    if (production === undefined || staging === undefined) throw new Error('the system has both');
    const smoke = [{ name: 'ready', url: 'https://example.com/ready' }];
    const system = systemOf({ environments: { production: { ...production, smoke }, staging } });
    const { steps } = planned(restore, restoring(), { can, system, facts: reached() });
    expect(steps.at(-1)).toMatchObject({ action: 'smoke.check', args: { environment: 'production' } });
  });
});

describe('a masked environment', () => {
  const { production, staging } = systemFile().environments;
  if (production === undefined || staging === undefined) throw new Error('the system has both');
  const environments = { production, staging: { ...staging, masked: true } };
  const columns = [{ table: 'users', column: 'email', as: 'email' as const }];

  it('is loaded masked, and searched for what is left before it is checked: only then may it count as ready', () => {
    const system = systemOf({ environments, masking: { columns, empty: ['sessions'] } });
    const plan = planned(restore, restoring({ environment: 'staging' }), { can, system, facts: reached() });
    expect(plan.steps.slice(3, 6)).toMatchObject([
      { action: 'candidate.load', title: 'Load a008 into it, masked', args: { masked: true } },
      { action: 'candidate.scan' },
      { action: 'candidate.check' },
    ]);
    expect(label(plan, 'Personal data')).toBe(
      'plain 1 columns are masked while they are loaded; left empty: sessions; then everything is searched for what is left',
    );
    const bare = systemOf({ environments, masking: { columns } });
    const other = planned(restore, restoring({ environment: 'staging' }), { can, system: bare, facts: reached() });
    expect(label(other, 'Personal data')).not.toContain('left empty');
  });

  it('is refused where masking cannot be done', () => {
    const system = systemOf({ environments, masking: { columns } });
    expect(refused(() => planned(restore, restoring({ environment: 'staging' }), { system }))).toMatch(
      /^cannot-mask: /,
    );
  });
});

describe('a moment in time', () => {
  const window = { from: daysAgo(7), to: daysAgo(0, 0.1) };
  const at = daysAgo(0, 2);

  it('is recovered beside the live cluster and goes the way of every restore', () => {
    const facts = reached({ window });
    expect(inWords(planned(restore, restoring({ backup: null, at }), { can, facts }))).toMatchInlineSnapshot(`
      "Restore grayledger-production as it was at 2025-11-21 12:00:00 UTC [production]
      · Moment: 2025-11-21 12:00:00 UTC, exactly: what was committed later is not in it
      · Recoverable: 2025-11-14 14:00 UTC to 2025-11-21 13:54 UTC
      ! Lost by this: rows added since then: entries 12 rows; besides, not counted: changes to older rows and rows of users
      pinned: grayledger-production/postgresql-production
      s1 moment.recover: Recover a cluster to that moment, beside the live one (environment production, at 2025-11-21T12:00:00.000Z, from at-20251121T120000Z of production)
      s2 candidate.preflight: See whether it can be loaded (environment production, candidate grayledger-production-op41-7f3a, from at-20251121T120000Z of production)
      s3 candidate.create: Create a new database grayledger-production-op41-7f3a (environment production, candidate grayledger-production-op41-7f3a, at null)
      s4 candidate.load: Restore at-20251121T120000Z into it (environment production, candidate grayledger-production-op41-7f3a, from at-20251121T120000Z of production, masked false)
      s5 candidate.check: Check its data (environment production, candidate grayledger-production-op41-7f3a, expect null)
      ----
      s6 services.stop: Stop celery-beat, celery and web (environment production, services web+celery+celery-beat)
      s7 database.promote: Make grayledger-production-op41-7f3a the live database (environment production, promote grayledger-production-op41-7f3a, previous postgresql-production)
      s8 migrations.run: Run the pending migrations (environment production)
      s9 services.start: Start web, celery and celery-beat (environment production, services web+celery+celery-beat)
      s10 health.check: Ask the health endpoint (environment production, required true)
      undo: what is live now is kept as postgresql-production until 2025-11-28 14:00 UTC, and can be made the live database again"
    `);
  });

  it('is made by the provider where Holdfast does not reach the server', () => {
    const facts = factsOf({ production: { window } });
    const provider: readonly Capability[] = ['backups', 'candidate', 'moments', 'maintenance'];
    const { steps, gate } = planned(restore, restoring({ backup: null, at }), { can: provider, facts });
    expect(steps.slice(0, gate ?? 0)).toMatchObject([
      { action: 'candidate.create', args: { at } },
      { action: 'candidate.check' },
    ]);
  });

  it('outside of what is archived is refused with the window', () => {
    const plan = (moment: string, facts = reached({ window })) =>
      refused(() => planned(restore, restoring({ backup: null, at: moment }), { can, facts }));
    expect(plan(daysAgo(8))).toMatch(/^outside-window: .*2025-11-14 14:00 UTC to 2025-11-21 13:54 UTC/);
    expect(plan(daysAgo(-1))).toMatch(/^in-the-future/);
    expect(plan(at, reached())).toMatch(/^no-moments/);
    const unknown = reached({ windowProblem: 'the host cannot be reached' });
    expect(plan(at, unknown)).toMatch(/^window-unknown: .*the host cannot be reached/);
  });

  it('that is not archived yet is possible, and said', () => {
    const plan = planned(restore, restoring({ backup: null, at: daysAgo(0, 0.05) }), {
      can,
      facts: reached({ window }),
    });
    expect(label(plan, 'Recoverable')).toMatch(/^warn .*has to be archived first/);
  });

  it('needs a platform that can recover one', () => {
    const { needs } = restore;
    expect(needs(restoring({ backup: null, at }), systemOf(), null)).toMatchObject({ capabilities: ['moments'] });
    expect(needs(restoring({ backup: null, at }), systemOf(), null).writtenSince(factsOf())).toBe(at);
  });
});

describe('one table', () => {
  const table = { name: 'entries', mode: 'missing' as const };

  it('is compared before anybody approves, and merged in one transaction', () => {
    const plan = planned(restore, restoring({ table }), { can, facts: reached(), proof: proofOf('a008') });
    expect(inWords(plan)).toMatchInlineSnapshot(`
      "Recover table entries of grayledger-production from a008 [production]
      · Source: grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB
      · Age of the backup: 11 h 56 min
      · Brings back: only rows that are gone; how many is counted before anybody approves
      · Never touched: rows of entries that the backup does not have, and every other table
      · Now: entries has 4,812 rows
      · Last proven restore: 28 h ago of this backup, in 02:41 (op-38)
      pinned: grayledger-production/postgresql-production, a008 of production
      s1 backup.fetch: Bring a008 here and read it to its end (from a008 of production)
      s2 table.extract: Put entries of a008 beside the live one and compare them (environment production, table entries, beside holdfast_op_41, from a008 of production, warm null, mode missing)
      ----
      s3 table.merge: Merge them in one transaction (environment production, table entries, beside holdfast_op_41, mode missing)
      s4 database.check: Check the data (environment production, target grayledger-production, expect null)
      s5 health.check: Ask the health endpoint (environment production, required true)
      undo: the rows as they were are kept in the schema holdfast_op_41 and can be put back"
    `);
  });

  it('says that changed rows are replaced when that was asked', () => {
    const replace = restoring({ table: { name: 'ledger', mode: 'replace' } });
    const plan = planned(restore, replace, { can, facts: reached() });
    expect(label(plan, 'Brings back')).toContain('rows that were changed');
    expect(label(plan, 'Now')).toBe('nothing');
  });

  it('comes from the candidate that is kept warm, where that holds the backup', () => {
    const plan = planned(restore, restoring({ table }), { can, facts: reached({}, { warm: [WARM] }) });
    expect(plan.steps[0]).toMatchObject({ action: 'table.extract', args: { warm: WARM.name } });
  });

  it('needs a live database that can be written to', () => {
    expect(restore.needs(restoring({ table }), systemOf(), null).capabilities).toEqual(['backups', 'tables']);
  });

  it('can be taken back', () => {
    const former = carriedOut(planned(restore, restoring({ table }), { can, facts: reached() }), 'restore');
    const plan = planned(undo, { verb: 'undo', operation: 'op-40' }, { former, can, facts: reached() });
    expect(inWords(plan)).toMatchInlineSnapshot(`
      "Undo op-40: put the rows of entries of grayledger-production back as they were [production]
      · Takes out: rows that op-40 brought back and nobody has changed since
      · Puts back: rows that op-40 replaced, as they were before
      pinned: grayledger-production/postgresql-production
      ----
      s1 table.unmerge: Put the rows of entries back as they were (environment production, table entries, beside holdfast_op_41)
      s2 database.check: Check the data (environment production, target grayledger-production, expect null, tolerates anything)
      s3 health.check: Ask the health endpoint (environment production, required false)
      no undo: recover the table again instead"
    `);
  });
});

describe('the way back from a restore', () => {
  const promoted = (live: string) =>
    carriedOut(planned(restore, restoring(), { can, facts: reached() }), 'restore', { output: { live } });
  const undoing = (former: Operation) =>
    planned(undo, { verb: 'undo', operation: 'op-40' }, { former, can, facts: reached() });

  it('exchanges the databases again, with the same stops and starts, but no migrations', () => {
    expect(inWords(undoing(promoted('addon-production')))).toMatchInlineSnapshot(`
      "Undo op-40: make postgresql-production the live database of grayledger-production again [production]
      · Live since: 2025-11-21 13:00 UTC, by op-40
      ! Lost by this: rows added since then: entries 12 rows; besides, not counted: changes to older rows and rows of users
      pinned: grayledger-production/postgresql-production
      ----
      s1 services.stop: Stop celery-beat, celery and web (environment production, services web+celery+celery-beat)
      s2 database.promote: Make postgresql-production the live database (environment production, promote postgresql-production, previous grayledger-production-op41-7f3a)
      s3 services.start: Start web, celery and celery-beat (environment production, services web+celery+celery-beat)
      s4 health.check: Ask the health endpoint (environment production, required false)
      undo: grayledger-production-op41-7f3a is kept until /dr cleanup op-41 removes it, and can be made the live database again"
    `);
  });

  it('is refused when another database is live, by its identity', () => {
    expect(refused(() => undoing(promoted('7/1')))).toMatch(/^moved-on: /);
  });
});

describe('a warm candidate', () => {
  const warming = { verb: 'warm' as const, system: null, environment: 'production', backup: 'latest' };

  it('is built and checked without anybody’s consent, and takes the place of the older one', () => {
    const facts = reached({}, { warm: [{ ...WARM, backup: 'a007' }] });
    expect(inWords(planned(warm, warming, { can, facts }))).toMatchInlineSnapshot(`
      "Keep a008 ready beside grayledger-production [production]
      · Source: grayledger-production, backup a008 (scheduled), finished 2025-11-21 02:04 UTC, 245 MB
      · Age of the backup: 11 h 56 min
      · Disk: about 1130 MB, for as long as it is kept
      pinned: grayledger-production/postgresql-production, a008 of production
      s1 backup.fetch: Bring a008 here and read it to its end (from a008 of production)
      s2 candidate.preflight: See whether it can be loaded (environment production, candidate grayledger-production-op41-7f3a, from a008 of production)
      s3 candidate.create: Create a new database grayledger-production-op41-7f3a (environment production, candidate grayledger-production-op41-7f3a, at null)
      s4 candidate.load: Restore a008 into it (environment production, candidate grayledger-production-op41-7f3a, from a008 of production, masked false)
      s5 candidate.check: Check its data (environment production, candidate grayledger-production-op41-7f3a, expect null)
      s6 candidate.drop: Remove the older one, provote_op39_aa11 (environment production, candidate provote_op39_aa11, identity 7/16500, spare true)
      no undo: nothing is changed; a newer one takes its place"
    `);
  });

  it('is not built twice', () => {
    const facts = reached({}, { warm: [WARM] });
    expect(refused(() => planned(warm, warming, { can, facts }))).toMatch(/^already-warm: /);
  });

  it('is built too where the size is unknown', () => {
    const plan = planned(warm, warming, { can, facts: reached({}, { bytes: null }) });
    expect(label(plan, 'Disk')).toBe('plain about the size of the live database, for as long as it is kept');
    expect(label(planned(warm, warming, { can, facts: factsOf() }), 'Disk')).toContain('size of the live database');
  });

  it('needs the server itself', () => {
    expect(warm.needs(warming, systemOf(), null)).toMatchObject({ capabilities: ['backups', 'server'], survey: [] });
    expect(warm.needs(warming, systemOf(), null).writtenSince(factsOf())).toBeNull();
  });
});

describe('while the backups cannot be listed', () => {
  const away = { backups: [], backupsProblem: 'no route to host' };
  const older = {
    ...WARM,
    name: 'provote_op38_aa11',
    backup: 'a007',
    built: builtFor(systemOf(), 'production', backupOf('a007', { finishedAt: daysAgo(2) })),
  };
  const facts = reached(away, { warm: [older, WARM] });

  it('the newest one that stands ready goes live, and it is said that a newer one may exist', () => {
    const plan = planned(restore, restoring({ backup: 'latest' }), { can, facts });
    expect(plan.headline).toContain('from a008');
    expect(plan.steps.slice(0, plan.gate ?? 0).map(({ action }) => action)).toEqual(['candidate.check']);
    expect(plan.pinned.backup).toBeNull();
    expect(label(plan, 'Source')).toBe(
      'plain grayledger-production, backup a008, finished 2025-11-21 02:04 UTC, 245 MB',
    );
    expect(label(plan, 'Backups')).toBe(
      'warn cannot be listed now (no route to host): whether there is a newer one is not known',
    );
    expect(restore.needs(restoring(), systemOf(), null).writtenSince(facts)).toBe(WARM.built.finishedAt);
  });

  it('one table comes from it as well', () => {
    const plan = planned(restore, restoring({ table: { name: 'entries', mode: 'missing' } }), { can, facts });
    expect(plan.steps[0]).toMatchObject({ action: 'table.extract', args: { warm: WARM.name } });
    expect(plan.pinned.backup).toBeNull();
  });

  it('one that is named must be ready, and everything else is refused with what is', () => {
    expect(planned(restore, restoring({ backup: 'a007' }), { can, facts }).headline).toContain('from a007');
    expect(refused(() => planned(restore, restoring({ backup: 'a006' }), { can, facts }))).toMatch(
      /^backups-unknown: .*no route to host.* The newest that stands ready beside production is a008/,
    );
    const none = reached(away);
    expect(refused(() => planned(restore, restoring(), { can, facts: none }))).toMatch(
      /^backups-unknown: .* None of them stands ready/,
    );
  });

  it('one of another environment, or masked by other rules, is not taken', () => {
    const theirs = { ...WARM, built: { ...WARM.built, masked: 'other rules' } };
    const others = reached(away, { warm: [theirs] });
    expect(refused(() => planned(restore, restoring(), { can, facts: others }))).toMatch(/^backups-unknown: /);
    expect(refused(() => planned(restore, restoring({ environment: 'staging' }), { can, facts }))).toMatch(
      /^backups-unknown: /,
    );
  });

  it('a moment is recovered from the archive of the log all the same', () => {
    const window = { from: daysAgo(7), to: daysAgo(0) };
    const then = reached({ ...away, window });
    const plan = planned(restore, restoring({ backup: null, at: daysAgo(1) }), { can, facts: then });
    expect(plan.steps[0]?.action).toBe('moment.recover');
  });
});

describe('cleaning up', () => {
  const command = { verb: 'cleanup' as const, operation: 'op-40' };
  const former = carriedOut(planned(restore, restoring(), { can, facts: reached() }), 'restore');
  const left = { name: 'provote_before_op40', identity: '7/16400', operation: 'op-40', bytes: 1_000_000 };
  const cleaning = (until: string) =>
    planned(cleanup, command, { former, can, facts: reached({}, { kept: [{ ...left, until }] }) });

  it('removes what is kept, by its identity, and warns before its time', () => {
    expect(inWords(cleaning(daysAgo(-3)))).toMatchInlineSnapshot(`
      "Remove provote_before_op40, which op-40 left beside grayledger-production [production]
      ! Removes: provote_before_op40, 1.0 MB
      ! Kept until: 2025-11-24 14:00 UTC: that is not over yet
      pinned: grayledger-production/postgresql-production
      ----
      s1 leftover.drop: Remove provote_before_op40 (environment production, name provote_before_op40, identity 7/16400)
      no undo: op-40 can no longer be undone then"
    `);
    expect(label(cleaning(daysAgo(1)), 'Kept until')).toBe('plain 2025-11-20 14:00 UTC');
  });

  it('removes a candidate that was never live, without anybody’s consent', () => {
    const candidate = { name: 'provote_op40_aa11', identity: '7/16500', operation: 'op-40', bytes: 900_000_000 };
    const facts = reached({}, { candidates: [candidate] });
    expect(inWords(planned(cleanup, command, { former, can, facts }))).toMatchInlineSnapshot(`
      "Remove provote_op40_aa11, which op-40 built beside grayledger-production [production]
      · Removes: provote_op40_aa11, 900 MB, which was never live
      pinned: grayledger-production/postgresql-production
      s1 candidate.drop: Remove provote_op40_aa11 (environment production, candidate provote_op40_aa11, identity 7/16500)
      no undo: it can be built again from its backup"
    `);
  });

  it('is refused when nothing is left, or there was no such operation', () => {
    expect(refused(() => planned(cleanup, command, { former, can, facts: reached() }))).toMatch(/^nothing-left: /);
    expect(refused(() => planned(cleanup, command, { former, can, facts: factsOf() }))).toMatch(/^nothing-left: /);
    expect(refused(() => planned(cleanup, command, { can, facts: reached() }))).toMatch(/^no-such-operation: /);
  });

  it('is refused while the operation has not ended', () => {
    const open = { ...former, state: 'running' as const };
    const facts = reached({}, { kept: [{ ...left, until: daysAgo(1) }] });
    expect(refused(() => planned(cleanup, command, { former: open, can, facts }))).toMatch(/^not-ended: /);
  });

  it('asks about the environment of the operation', () => {
    expect(cleanup.needs(command, systemOf(), former)).toMatchObject({ environments: ['production'] });
    expect(cleanup.needs(command, systemOf(), null)).toMatchObject({ environments: [] });
    expect(cleanup.needs(command, systemOf(), null).writtenSince(factsOf())).toBeNull();
  });
});

it('tells environments apart by what they are, not by what they are called', () => {
  const facts = reached({ target: targetOf('production') });
  expect(planned(restore, restoring(), { can, facts }).pinned.targets).toEqual([targetOf('production')]);
});
