// How fast data comes back, by every way that Holdfast has, beside the runbooks' own commands in the same rounds.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Ground, withGround } from './restore/ground.ts';
import { type Measured, nothing } from './restore/measured.ts';
import { factsOf, gapsOf, memoryOf, phasesOf, ratiosOf, type Sized, wrongOf } from './restore/report.ts';
import { type Row, rows } from './restore/rows.ts';
import { type Variant, type VariantName, variants } from './restore/variants.ts';

const USAGE = 'npm run bench -- restore [--size-mb 1000] [--rounds 3] [--only name,…] [--large]';
/** Not rows of the table of ratios. */
const OTHERS = ['unavailable', 'memory'];

type Plan = {
  readonly sizeMb: number;
  readonly rounds: number;
  readonly only: ReadonlySet<string>;
  readonly large: boolean;
};

/** Prints tables in Markdown. A variant that does not end with the right data is printed as WRONG, and the exit code is 1. */
export async function measureRestore(args: readonly string[]): Promise<void> {
  const plan = planOf(args);
  const stop = new AbortController();
  // Not once: npm passes on a signal that has reached us from the terminal already.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  await chmod(dir, 0o711);
  const loads: string[] = [];
  try {
    const sizes: Sized[] = [];
    for (const { megabytes, names, rounds } of stagesOf(plan)) {
      const options = { megabytes, dir, path: process.env['PATH'] ?? '', signal: stop.signal };
      sizes.push(await withGround(options, (ground) => measure(ground, names, rounds, loads)));
    }
    print(plan, sizes, loads);
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'size-mb': { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string' },
      large: { type: 'boolean', default: false },
    },
  });
  const names = [...rows.map(({ name }) => name), ...OTHERS];
  const only = new Set(values.only?.split(',') ?? names);
  const [sizeMb, rounds] = [Number(values['size-mb']), Number(values.rounds)];
  const unknown = [...only].filter((name) => !names.includes(name));
  if (unknown.length === 0 && sizeMb >= 10 && rounds >= 1) return { sizeMb, rounds, only, large: values.large };
  throw new Error(`${USAGE}\nat least 10 MB and one round; names: ${names.join(', ')}`);
}

/** A tenth of the data first: whether memory grows with the data, and whether swaps take longer. */
function stagesOf({ sizeMb, rounds, only, large }: Plan) {
  const wanted = new Set(rows.filter(({ name }) => only.has(name)).flatMap(variantsOf));
  const isWanted = (name: VariantName) =>
    wanted.has(name) || (only.has('unavailable') && isPolled(name)) || (only.has('memory') && usesHoldfast(name));
  const names = namesOf(variants).filter(isWanted);
  const atOtherSizes = (name: VariantName) =>
    (only.has('unavailable') && isPolled(name)) || (only.has('memory') && usesHoldfast(name));
  const swaps = names.filter((name) => name === 'swap');
  return [
    { megabytes: sizeMb / 10, names: names.filter(atOtherSizes), rounds: 1 },
    { megabytes: sizeMb, names, rounds },
    { megabytes: sizeMb * 4, names: large ? swaps : [], rounds },
  ].filter((stage) => stage.names.length > 0);
}

function variantsOf({ ours, beside }: Row): VariantName[] {
  return [ours, ...beside.parts].map(({ of }) => of);
}

function isPolled(name: VariantName): boolean {
  return name === 'swap' || name === 'outage';
}

function usesHoldfast(name: VariantName): boolean {
  return !['runbook', 'fetch', 'psql', 'beside', 'md5', 'outage'].includes(name);
}

function namesOf(of: Readonly<Record<VariantName, Variant>>): VariantName[] {
  const isName = (name: string): name is VariantName => name in of;
  return Object.keys(of).filter(isName);
}

/** Every other round in the opposite order, so that nobody always comes behind the same one. */
async function measure(ground: Ground, names: readonly VariantName[], rounds: number, loads: string[]): Promise<Sized> {
  const runs = new Map<VariantName, Measured[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    loads.push(`${ground.megabytes} MB: ${loadNow()}`);
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      // A client is kept waiting once: it takes a whole restore.
      if (name === 'outage' && round > 0) continue;
      ground.signal.throwIfAborted();
      await ground.settle();
      const measured = await orWrong(variants[name], ground);
      runs.get(name)?.push(measured);
      console.error(`${ground.megabytes} MB, round ${round + 1}, ${name}: ${JSON.stringify(measured)}`);
    }
  }
  loads.push(`then ${loadNow()}`);
  return { ground, runs };
}

async function orWrong(variant: Variant, ground: Ground): Promise<Measured> {
  try {
    return await variant(ground);
  } catch (thrown) {
    ground.signal.throwIfAborted();
    return { ...nothing, wrong: [thrown instanceof Error ? thrown.message : String(thrown)] };
  }
}

function print({ only, sizeMb }: Plan, sizes: readonly Sized[], loads: readonly string[]): void {
  const main = sizes.find(({ ground }) => ground.megabytes === sizeMb);
  if (main === undefined) return;
  const wrong = wrongOf(sizes);
  const parts = [
    factsOf(main.ground.version, loads, main),
    ratiosOf(
      rows.filter(({ name }) => only.has(name)),
      main,
    ),
    ...(only.has('unavailable') ? [gapsOf(sizes)] : []),
    ...(only.has('memory') ? [memoryOf(sizes)] : []),
    phasesOf(main),
    wrong,
  ];
  console.log(parts.map((lines) => lines.join('\n')).join('\n\n'));
  if (wrong.length > 0) process.exitCode = 1;
}

function loadNow(): string {
  return (loadavg()[0] ?? Number.NaN).toFixed(2);
}
