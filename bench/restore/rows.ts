// The rows of the table: what is set beside what, and which aim it has.
import { type Measured, median, type Runs } from './measured.ts';
import type { VariantName } from './variants.ts';

/** Phases of a variant whose seconds are added up; all of them when none is named. */
type Part = { readonly of: VariantName; readonly phases?: readonly string[] };

export type Row = {
  readonly name: string;
  readonly what: string;
  readonly ours: Part;
  readonly beside: { readonly what: string; readonly parts: readonly Part[] };
  /** Largest ratio of ours to what is beside it, and largest seconds of ours; null: only told. */
  readonly aim: { readonly ratio?: number; readonly seconds?: number } | null;
};

const RESTORE: Part = { of: 'runbook', phases: ['restore'] };
const runbook = { what: 'runbook’s `pg_restore` in place', parts: [RESTORE] };
const psql = { what: '`gunzip -c \\| psql`', parts: [{ of: 'psql' }] } as const;
const copied = { what: 'full restore and copy', parts: [{ of: 'beside', phases: ['restore', 'copy'] }] } as const;
const updated = {
  what: 'runbook’s restore, then UPDATE',
  parts: [{ of: 'beside', phases: ['restore', 'update'] }],
} as const;

/** From the archive, which was read before, to the last of row counts and invariants. */
const LOADED = ['open', 'create', 'start', 'load', 'count'];
const WHOLE = 'the same, with reading the archive to its end before, amcheck and comparison with live after';
const READ = 'the same, with reading the archive to its end before';

/** A row and the same with everything that the action does besides. */
function both(row: Row, what: string): Row[] {
  return [
    { ...row, ours: { ...row.ours, phases: LOADED } },
    { ...row, name: `${row.name}-whole`, what },
  ];
}

export const rows: readonly Row[] = [
  ...both(
    {
      name: 'given-live',
      what: 'given gzip custom archive → checked candidate on the live server',
      ours: { of: 'given-live' },
      beside: runbook,
      aim: { ratio: 0.67 },
    },
    WHOLE,
  ),
  ...both(
    {
      name: 'given-scratch',
      what: 'given gzip custom archive → checked on a scratch server',
      ours: { of: 'given-scratch' },
      beside: runbook,
      aim: { ratio: 0.6 },
    },
    READ,
  ),
  ...both(
    {
      name: 'ours-live',
      what: 'archive made by Holdfast → checked candidate on the live server',
      ours: { of: 'ours-live' },
      beside: runbook,
      aim: { ratio: 0.6 },
    },
    WHOLE,
  ),
  ...both(
    {
      name: 'ours-scratch',
      what: 'archive made by Holdfast → checked on a scratch server',
      ours: { of: 'ours-scratch' },
      beside: runbook,
      aim: { ratio: 0.5 },
    },
    READ,
  ),
  {
    name: 'download',
    what: 'download at 25 MB/s (then read to its end) and load → checked candidate',
    ours: { of: 'download', phases: ['download', 'read', ...LOADED] },
    beside: { what: 'download, then runbook’s command', parts: [{ of: 'fetch' }, RESTORE] },
    aim: { ratio: 0.6 },
  },
  ...both(
    {
      name: 'plain',
      what: 'plain `.sql.gz` → checked candidate',
      ours: { of: 'plain' },
      beside: psql,
      aim: { ratio: 0.65 },
    },
    WHOLE,
  ),
  {
    name: 'warm',
    what: 'restore of a warm backup, approval to live',
    ours: { of: 'swap', phases: ['swap'] },
    beside: runbook,
    aim: { seconds: 2 },
  },
  {
    name: 'warm-whole',
    what: 'the same, with the check of its data before anybody is asked',
    ours: { of: 'swap', phases: ['check', 'swap'] },
    beside: runbook,
    aim: null,
  },
  {
    name: 'undo',
    what: 'undo, in all',
    ours: { of: 'swap', phases: ['undo'] },
    beside: { ...runbook, what: 'restoring again' },
    aim: { seconds: 1 },
  },
  ...(
    [
      ['table-custom', 'one table from custom', 0.15],
      ['table-plain', 'one table from `.sql.gz`', 0.25],
    ] as const
  ).flatMap(([name, what, ratio]): Row[] => [
    { name, what, ours: { of: name, phases: ['open', 'extract'] }, beside: copied, aim: { ratio } },
    { name: `${name}-whole`, what: READ, ours: { of: name }, beside: copied, aim: { ratio } },
  ]),
  {
    name: 'table-warm',
    what: 'one table from a warm candidate',
    ours: { of: 'table-warm' },
    beside: copied,
    aim: { ratio: 0.1 },
  },
  {
    name: 'masked',
    what: 'masked candidate',
    ours: { of: 'masked', phases: LOADED },
    beside: updated,
    aim: { ratio: 0.45 },
  },
  {
    name: 'masked-unmasked',
    what: 'masked candidate',
    ours: { of: 'masked', phases: LOADED },
    beside: { what: 'unmasked candidate', parts: [{ of: 'given-live', phases: LOADED }] },
    aim: { ratio: 1.1 },
  },
  {
    name: 'masked-whole',
    what: 'the same, with reading the archive before and the scan for leaks after',
    ours: { of: 'masked' },
    beside: updated,
    aim: null,
  },
  {
    name: 'compare',
    what: 'comparison of two whole databases by checksum',
    ours: { of: 'compare' },
    beside: { what: "`md5(string_agg(t::text, '' order by id))` of both", parts: [{ of: 'md5' }] },
    aim: { ratio: 0.08 },
  },
];

export type Judged = {
  readonly ours: number;
  readonly beside: number;
  readonly ratio: number;
  /** Pair by pair, in the order of the rounds. */
  readonly ratios: readonly number[];
  readonly word: 'PASS' | 'MISS' | 'WRONG' | '';
};

export function judge({ ours, beside, aim }: Row, runs: Runs): Judged {
  const [mine, theirs] = [secondsOf(runs, [ours]), secondsOf(runs, beside.parts)];
  const ratios = mine.map((seconds, round) => seconds / (theirs[round] ?? Number.NaN));
  const figures = { ours: median(mine), beside: median(theirs), ratio: median(ratios), ratios };
  const isWrong = [ours, ...beside.parts].some(({ of }) => runs.get(of)?.some(({ wrong }) => wrong.length > 0) ?? true);
  if (isWrong) return { ...figures, word: 'WRONG' };
  if (aim === null) return { ...figures, word: '' };
  const met =
    figures.ratio <= (aim.ratio ?? Number.POSITIVE_INFINITY) && !(figures.ours > (aim.seconds ?? figures.ours));
  return { ...figures, word: met ? 'PASS' : 'MISS' };
}

function secondsOf(runs: Runs, parts: readonly Part[]): number[] {
  const each = parts.map(({ of, phases }) => (runs.get(of) ?? []).map((run) => sumOf(run, phases)));
  return (each[0] ?? []).map((_, round) => each.reduce((sum, one) => sum + (one[round] ?? Number.NaN), 0));
}

function sumOf({ phases }: Measured, wanted: readonly string[] = Object.keys(phases)): number {
  return wanted.reduce((sum, name) => sum + (phases[name] ?? 0), 0);
}
