// Returning to an earlier release's code (G15, G16; fault 53).
import { describe, expect, it } from 'vitest';
import type { OperationCommand } from '../../../src/core/command.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { EnvironmentFacts, Release } from '../../../src/core/facts.ts';
import { rollback } from '../../../src/runbooks/rollback.ts';
import { daysAgo, factsOf, releaseOf, SURVEY } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { inWords, planned } from './drafts.ts';

const current = releaseOf('v256', { current: true });
const earlier = releaseOf('v255', { createdAt: daysAgo(2) });

function rolling(release = 'v255') {
  return { verb: 'rollback', system: null, release } satisfies OperationCommand;
}

function statement(label: string, production: Partial<EnvironmentFacts>): string {
  const { statements } = planned(rollback, rolling(), { facts: factsOf({ production }) });
  const found = statements.find((one) => one.label === label);
  return `${found?.tone} ${found?.text}`;
}

describe('rollback v255', () => {
  it('asks first, then returns to the code, asks for health and watches the logs', () => {
    expect(inWords(planned(rollback, rolling()))).toMatchInlineSnapshot(`
      "Roll grayledger-production back to v255 [production]
      · Runs now: v256 (Deploy v256, commit v256def, by engineer@example.com, 1 h ago)
      · Will run: v255 (Deploy v255, commit v255def, by engineer@example.com, 2 d ago)
      · Difference: code v256def → v255def
      · Release phase: none
      · Migrations: none is younger than v255
      · Not touched: the database and the add-ons; configuration returns to that of the release
      pinned: grayledger-production/postgresql-production, v256 → v255 of production
      ----
      s1 release.rollback: Return from v256 to v255 (environment production, to v255, from v256)
      s2 health.check: Ask the health endpoint (environment production, required true)
      s3 logs.watch: Watch the logs (environment production)
      undo: v256 is released again"
    `);
  });

  it('reads production, its releases and its migrations', () => {
    const need = rollback.needs(rolling(), systemOf(), null);
    expect(need).toMatchObject({ capabilities: ['releases'], environments: ['production'], survey: ['production'] });
    expect(need.writtenSince(factsOf())).toBeNull();
  });

  it('pins the release it returns from, with its code', () => {
    expect(planned(rollback, rolling()).pinned.release).toEqual({
      environment: 'production',
      current: 'v256',
      code: 'slug-v256',
      to: 'v255',
    });
  });

  it.each<[string, string, Partial<EnvironmentFacts>, string]>([
    [
      'warns of the command that will run with it',
      'Release phase',
      { releasePhase: 'bin/rails db:migrate' },
      'warn will run with the rollback: bin/rails db:migrate',
    ],
    ['says that none runs', 'Release phase', { releasePhase: null }, 'plain none'],
    [
      'warns of migrations that the older code does not know',
      'Migrations',
      { survey: { ...SURVEY, migrations: ['20251101090000', '20251119140001', '20251120080000'] } },
      'warn 2 migrations younger than v255, which its code does not know: 20251119140001, 20251120080000. The schema stays as it is.',
    ],
    [
      'counts a migration of the release’s own second as known',
      'Migrations',
      { survey: { ...SURVEY, migrations: ['20251119140000'] } },
      'plain none is younger than v255',
    ],
    [
      'cannot date versions that are no time stamps',
      'Migrations',
      { survey: { ...SURVEY, migrations: ['99', '20251101090000'] } },
      'plain none is younger than v255',
    ],
    [
      'does not know when the database does not answer',
      'Migrations',
      { survey: null },
      'warn unknown: the database does not answer',
    ],
    [
      'does not know when none is recorded',
      'Migrations',
      { survey: { ...SURVEY, migrations: [] } },
      'warn unknown: the database records none',
    ],
    [
      'warns when both run the same code',
      'Difference',
      { releases: [current, { ...earlier, code: 'slug-v256' }] },
      'warn none in the code: both run the same; only configuration may differ',
    ],
    ['names commits', 'Difference', {}, 'plain code v256def → v255def'],
    [
      'names the code where no commit is known',
      'Difference',
      {
        releases: [
          { ...current, commit: null, code: null },
          { ...earlier, commit: null },
        ],
      },
      'plain code unknown → slug-v2',
    ],
    [
      'says that a commit is unknown',
      'Runs now',
      { releases: [{ ...current, commit: null }, earlier] },
      'plain v256 (Deploy v256, commit unknown, by engineer@example.com, 1 h ago)',
    ],
  ])('%s', (_claim, label, production, text) => {
    expect(statement(label, production)).toBe(text);
  });
});

describe('a rollback is refused', () => {
  const others = [current, earlier, releaseOf('v254'), releaseOf('v253'), releaseOf('v252')];
  const examples = 'Possible are for example v255, v254, v253.';

  it.each<[string, string, Release[], string]>([
    [
      'to a release that does not exist',
      'v99',
      others,
      `no-such-release: grayledger-production has no release v99. ${examples}`,
    ],
    [
      'to the release that runs now',
      'v256',
      others,
      `release-is-current: v256 is what grayledger-production runs now. ${examples}`,
    ],
    [
      'to a release that failed',
      'v251',
      [...others, releaseOf('v251', { state: 'failed' })],
      `release-failed: v251 cannot be returned to: it failed. ${examples}`,
    ],
    [
      'to a release that is not finished',
      'v251',
      [...others, releaseOf('v251', { state: 'pending' })],
      `release-unfinished: v251 cannot be returned to: it is not finished. ${examples}`,
    ],
    [
      'to a release without code',
      'v251',
      [...others, releaseOf('v251', { code: null })],
      `release-without-code: v251 cannot be returned to: it has no code to return to. ${examples}`,
    ],
    [
      'when there is no other release at all',
      'v255',
      [current],
      'no-such-release: grayledger-production has no release v255. No earlier release can be returned to.',
    ],
    [
      'when nothing was ever released',
      'v255',
      [],
      'no-release: grayledger-production has no current release. Deploy first; there is nothing to return from.',
    ],
  ])('%s', (_what, release, releases, says) => {
    try {
      planned(rollback, rolling(release), { facts: factsOf({ production: { releases } }) });
      expect.unreachable('it was not refused');
    } catch (thrown) {
      expect(thrown instanceof Refusal ? `${thrown.code}: ${thrown.message}` : thrown).toBe(says);
    }
  });
});
