// Reads the system files. Every problem is named with its file and place; one wrong file does not hide another's.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { reasonOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import { keepWarmProblems } from '../core/schedule-problems.ts';
import { System } from '../core/system.ts';
import { dotted, type Issue, issuesOf } from './issues.ts';
import { placeholdersIn } from './placeholders.ts';
import type { Problem } from './problem.ts';

/** A platform's judgement of settings; no connection is needed for it. */
export type Judge = Pick<Platform, 'kind' | 'problemsOf' | 'variablesOf'> & {
  /** Whether Holdfast reaches the PostgreSQL server itself, so that a candidate can be kept beside it. */
  readonly reachesServer: boolean;
};

/** What judges parts of a system file that only others understand; nothing is contacted for it. */
export type Judges = {
  readonly platforms: readonly Judge[];
  /** Every problem with the times of schedules, by their place in the file. */
  schedules(schedules: System['schedules']): readonly Issue[];
};

export type SystemFile = { readonly file: string; readonly system: System };

type Read = { readonly systems: readonly SystemFile[]; readonly problems: readonly Problem[] };

/** Reads `*.yml` and `*.yaml` of a folder, in the order of their names. */
export async function readSystems(dir: string, judges: Judges): Promise<Read> {
  let names: string[];
  try {
    names = (await readdir(dir)).filter((name) => /\.ya?ml$/.test(name)).sort();
  } catch (thrown) {
    return { systems: [], problems: [{ path: dir, message: `cannot be read: ${reasonOf(thrown)}` }] };
  }
  if (names.length === 0) return { systems: [], problems: [{ path: dir, message: 'there is no system file (*.yml)' }] };
  const reads = await Promise.all(names.map((name) => readOne(join(dir, name), judges)));
  const systems = reads.flatMap((read) => read.systems);
  return { systems, problems: [...reads.flatMap((read) => read.problems), ...duplicatesAmong(systems)] };
}

async function readOne(file: string, { platforms, schedules }: Judges): Promise<Read> {
  const lines = new LineCounter();
  const document = parseDocument(await readFile(file, 'utf8'), { lineCounter: lines, prettyErrors: false });
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    const problems = faults.map(({ pos: [at], message }) => {
      const { line, col } = lines.linePos(at);
      return { path: `${file}:${line}:${col}`, message };
    });
    return { systems: [], problems };
  }
  const written: unknown = document.toJS();
  const parsed = System.safeParse(written);
  const issues = [
    ...(parsed.success ? [] : issuesOf(parsed.error)),
    ...platformIssues(written, platforms),
    ...(parsed.success ? [...schedules(parsed.data.schedules), ...warmIssues(parsed.data, platforms)] : []),
    ...placeholdersIn(written),
  ];
  const problems = issues.map(({ path, message }) => ({
    path: `${file}: ${dotted(path) || 'the whole file'}`,
    message,
  }));
  return { systems: parsed.success ? [{ file, system: parsed.data }] : [], problems };
}

/** The platform judges the settings as they are written, so that it can do so beside other mistakes. */
function platformIssues(written: unknown, platforms: readonly Judge[]): Issue[] {
  const kind = memberOf(written, 'platform');
  if (typeof kind !== 'string') return [];
  const platform = platforms.find((known) => known.kind === kind);
  if (platform === undefined) {
    const known = platforms.map((one) => one.kind).join(', ');
    return [{ path: ['platform'], message: `there is no such platform; known are: ${known}` }];
  }
  const environments = memberOf(written, 'environments');
  if (typeof environments !== 'object' || environments === null) return [];
  return Object.entries(environments).flatMap(([name, environment]: [string, unknown]) => {
    const problems = platform.problemsOf(memberOf(environment, 'settings'));
    return problems.map(({ path, message }) => ({ path: ['environments', name, 'settings', ...path], message }));
  });
}

function warmIssues(system: System, platforms: readonly Judge[]): readonly Issue[] {
  const platform = platforms.find(({ kind }) => kind === system.platform);
  return platform === undefined ? [] : keepWarmProblems(system, platform.reachesServer);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

function duplicatesAmong(systems: readonly SystemFile[]): Problem[] {
  return systems.flatMap(({ file, system }, at) => {
    const other = systems.slice(0, at).find((earlier) => earlier.system.name === system.name);
    return other === undefined ? [] : [{ path: `${file}: name`, message: `is the name of ${other.file} too` }];
  });
}
