// Prints what was measured as Markdown that can be pasted.
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Ground } from './ground.ts';
import { median, type Runs } from './measured.ts';
import { judge, type Row } from './rows.ts';

/** What was measured at one size of the data. */
export type Sized = { readonly ground: Pick<Ground, 'megabytes' | 'version' | 'bytes' | 'peaks'>; readonly runs: Runs };

const AIM = { unavailableMs: 100, megabytes: 250, growthMegabytes: 50 };

export function factsOf(postgres: string, loads: readonly string[], { ground }: Sized): string[] {
  const sizes = Object.entries(ground.bytes).map(([what, bytes]) => `${what} ${inMegabytes(bytes)} MB`);
  return [
    `- ${new Date().toISOString().slice(0, 10)}; ${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), ${Math.round(totalmem() / 2 ** 30)} GiB; Node.js ${process.versions.node}; PostgreSQL ${postgres}`,
    `- load average (1 min) at the start of each round and at the end: ${loads.join(', ')}`,
    `- data: ${sizes.join(', ')}; every ratio is that of a pair from one round, the median is told and all stand behind it`,
  ];
}

export function ratiosOf(rows: readonly Row[], { runs }: Sized): string[] {
  const lines = rows.map((row) => {
    const { ours, beside, ratio, ratios, word } = judge(row, runs);
    const { ratio: most, seconds } = row.aim ?? {};
    const aim = most === undefined ? (seconds === undefined ? '–' : `≤ ${seconds} s`) : `≤ ${most.toFixed(2)}`;
    const all = ratios.map((one) => one.toFixed(2)).join(' ');
    return [
      row.what,
      row.beside.what,
      ours.toFixed(2),
      beside.toFixed(2),
      `**${ratio.toFixed(2)}** (${all})`,
      aim,
      word,
    ];
  });
  return table(['what', 'beside, in the same round', 's', 'beside, s', 'ratio (each round)', 'aim', ''], lines);
}

/** As a client saw it that polls for a correct row, at every size. */
export function gapsOf(sizes: readonly Sized[]): string[] {
  const lines = sizes.flatMap(({ ground, runs }) =>
    (['promote', 'undo', 'restore'] as const).flatMap((name) => {
      const variant = name === 'restore' ? 'outage' : 'swap';
      const measured = runs.get(variant) ?? [];
      const seen = measured.flatMap((one) => one.seen[name] ?? []);
      if (seen.length === 0) return [];
      const gaps = seen.map(({ longestGapMs, exchangeMs }) => exchangeMs ?? longestGapMs);
      const longest = seen.map(({ longestGapMs }) => longestGapMs.toFixed(0));
      const answers = seen.reduce((sum, one) => sum + one.answers, 0);
      const wrong = seen.reduce((sum, one) => sum + one.wrong, 0);
      const isMet = Math.max(...gaps) <= AIM.unavailableMs && wrong === 0;
      const isWrong = measured.some((one) => one.wrong.length > 0);
      const what = name === 'restore' ? 'runbook’s restore in place' : name;
      return [
        [
          `${inMegabytes(ground.bytes['plain SQL'])} MB`,
          what,
          gaps.map((gap) => gap.toFixed(0)).join(' '),
          longest.join(' '),
          `${wrong} of ${answers}`,
          name === 'restore' ? '–' : `≤ ${AIM.unavailableMs} ms each, none wrong`,
          name === 'restore' ? '' : isWrong ? 'WRONG' : isMet ? 'PASS' : 'MISS',
        ],
      ];
    }),
  );
  const waits = ['no correct answer, ms', 'longest wait for one meanwhile, checks included, ms'];
  return table(['data', 'what', ...waits, 'wrong answers', 'aim', ''], lines);
}

/** The largest resident set in each part, at each size. */
export function memoryOf(sizes: readonly Sized[]): string[] {
  const peaks = sizes.map(({ ground, runs }) => {
    const parts = [...runs].map(
      ([name, measured]) => [name, measured.flatMap((one) => Object.values(one.peaks))] as const,
    );
    const others = Object.entries(ground.peaks).map(([name, peak]) => [name, [peak]] as const);
    const all = [...others, ...parts].filter(([, of]) => of.length > 0);
    return new Map(all.map(([name, of]) => [name, Math.max(...of) / 1e6]));
  });
  const [smallest] = peaks;
  const lines = [...new Set(peaks.flatMap((of) => [...of.keys()]))].map((part) => {
    const each = peaks.map((of) => of.get(part));
    const known = each.filter((peak) => peak !== undefined);
    const growth = Math.max(...known) - (smallest?.get(part) ?? Math.max(...known));
    const isMet = Math.max(...known) < AIM.megabytes && growth < AIM.growthMegabytes;
    return [part, ...each.map((peak) => peak?.toFixed(0) ?? '–'), isMet ? 'PASS' : 'MISS'];
  });
  const heads = sizes.map(({ ground }) => `${inMegabytes(ground.bytes['plain SQL'])} MB of data`);
  const aim = `< ${AIM.megabytes} MB, growing by < ${AIM.growthMegabytes}`;
  return table(['peak memory of Holdfast’s process, MB', ...heads, aim], lines);
}

export function phasesOf({ runs }: Sized): string[] {
  const lines = [...runs].map(([name, measured]) => {
    const phases = [...new Set(measured.flatMap((one) => Object.keys(one.phases)))];
    const told = phases.map((phase) => {
      const seconds = median(measured.flatMap((one) => one.phases[phase] ?? []));
      return `${phase} ${seconds.toFixed(2)}`;
    });
    return [name, told.join(' · ')];
  });
  return table(['variant', 'median seconds of its phases'], lines);
}

export function wrongOf(sizes: readonly Sized[]): string[] {
  return sizes.flatMap(({ ground, runs }) =>
    [...runs].flatMap(([name, measured]) =>
      measured.flatMap(({ wrong }, round) =>
        wrong.map((what) => `- WRONG: ${name} at ${ground.megabytes} MB, round ${round + 1}: ${what}`),
      ),
    ),
  );
}

function inMegabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function table(heads: readonly string[], lines: readonly (readonly string[])[]): string[] {
  return [heads, heads.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
}
