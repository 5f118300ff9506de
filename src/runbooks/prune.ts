// Delete the backups that the retention no longer keeps (S13, P13, G2), as a plan of its own: it cannot be taken back.
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { Backup } from '../core/facts.ts';
import type { Statement } from '../core/plan.ts';
import { type Going, type Kept, type RetentionView, type Rule, retentionOf, type Tiers } from '../core/retention.ts';
import type { PlanDraft, PlanInput, Runbook, StepDraft } from '../core/runbook.ts';
import type { System } from '../core/system.ts';
import { count, list, megabytes } from '../core/wording.ts';
import { factsOf } from './backup-choice.ts';

type Prune = Extract<OperationCommand, { verb: 'prune' }>;
type Place = RetentionView['places'][number];

export const prune: Runbook<Prune> = {
  verb: 'prune',
  needs: (_command, system) => ({
    capabilities: ['backups'],
    environments: [system.backups.of],
    survey: [],
    writtenSince: () => null,
    offsite: [system.backups.of],
    retention: system.backups.of,
  }),
  plan,
};

function plan({ system, facts, held, chosen }: PlanInput<Prune>): PlanDraft {
  const environment = system.backups.of;
  const here = factsOf(facts, environment);
  if (held === null) throw new Refusal('not-known', 'It is not known which backups are in use.', 'Ask again.');
  const places = retentionOf(here, tiersOf(system), held, chosen.now);
  if (places.length === 0) {
    throw new Refusal(
      'not-ours',
      `The backups of ${here.target.name} are kept by its provider, and no place out of the house is named.`,
      'Their retention is set there.',
    );
  }
  const pruned = places.filter(({ going }) => going.length > 0);
  if (pruned.length === 0) throw nothingToPrune(places);
  return {
    environment,
    headline: `Delete ${count(pruned.flatMap(({ going }) => going).length, 'backup')} of ${here.target.name} that the retention no longer keeps`,
    statements: places.flatMap(statementsOf),
    // Not the database: the backups themselves are compared with the plan before each of them is deleted.
    pinned: { targets: [], backup: null, release: null },
    steps: pruned.map((place) => stepOf(place, environment)),
    gate: 0,
    undo: { possible: false, text: 'what is deleted is gone' },
  };
}

function tiersOf({ backups: { tiers }, title }: System): Tiers {
  if (tiers !== undefined) return tiers;
  throw new Refusal(
    'no-tiers',
    `The system file of ${title} does not say how long backups are kept, so all of them are.`,
    'Name the tiers under backups.tiers.',
  );
}

function nothingToPrune(places: readonly Place[]): Refusal {
  const all = places.map(({ name, kept, problem }) =>
    problem === null ? `${count(kept.length, 'backup')} of ${name}` : `whatever is in ${name}, which could not be read`,
  );
  return new Refusal(
    'nothing-to-prune',
    `Nothing would be deleted: the retention keeps everything: ${list(all)}.`,
    'See `/dr backups --retention` for the reasons.',
  );
}

function stepOf({ place, name, going }: Place, environment: string): StepDraft {
  const backups = count(going.length, 'backup');
  return {
    action: 'backups.prune',
    title:
      place === 'archives'
        ? `Delete ${backups} of ${name}`
        : `Delete ${count(going.length, 'copy', 'copies')} in ${name}`,
    args: { environment, place, remove: going.map(({ backup }) => asBackup(backup)) },
  };
}

/** Of a copy only what makes it a backup. */
function asBackup({ id, kind, state, startedAt, finishedAt, bytes, sha256 }: Backup): Backup {
  return { id, kind, state, startedAt, finishedAt, bytes, sha256 };
}

function statementsOf({ name, kept, going, problem }: Place): Statement[] {
  if (problem !== null)
    return [{ label: 'Not touched', text: `${name}, which could not be read: ${problem}`, tone: 'warn' }];
  return [
    ...(going.length === 0 ? [] : goingStatements(name, going)),
    { label: 'Keeps', text: `${name}: ${keptText(kept)}`, tone: 'plain' },
  ];
}

/** A card has room for so many ids. */
const SHOWN = 10;

function goingStatements(name: string, going: readonly Going[]): Statement[] {
  // What goes has a size: one without would be kept.
  const bytes = going.reduce((sum, { backup }) => sum + Number(backup.bytes), 0);
  const days = going.map(({ backup }) => backup.startedAt.slice(0, 10)).sort();
  const [oldest, newest] = [days[0], days.at(-1)];
  const when = oldest === newest ? `of ${oldest}` : `from ${oldest} to ${newest}`;
  const ids = going.slice(0, SHOWN).map(({ backup }) => backup.id);
  const rest = going.length - ids.length;
  return [
    {
      label: 'Deletes',
      text: `${name}: ${count(going.length, 'backup')}, ${megabytes(bytes)}, ${when}`,
      tone: 'warn',
    },
    { label: 'These', text: [...ids, ...(rest === 0 ? [] : [`${rest} more`])].join(', '), tone: 'plain' },
  ];
}

const GROUPS: Readonly<Record<Rule, string>> = {
  newest: 'the newest finished one',
  proven: 'proven by a restore',
  'in-use': 'in use by an operation',
  milestone: 'a milestone',
  tier: 'within the time of its kind',
  monthly: 'the first of its month',
  'no-tier': 'of a kind without a time',
  unknown: 'not known to be whole',
};

/** `9 backups: 1 the newest finished one (a008), 1 proven by a restore (a003), 7 within the time of its kind` */
function keptText(kept: readonly Kept[]): string {
  const groups = Object.entries(GROUPS).flatMap(([rule, words]) => {
    const those = kept.filter((one) => one.rule === rule);
    const [only, ...others] = those;
    if (only === undefined) return [];
    return [others.length === 0 ? `${words} (${only.backup.id})` : `${those.length} ${words}`];
  });
  return [count(kept.length, 'backup'), ...(groups.length === 0 ? [] : [groups.join(', ')])].join(': ');
}
