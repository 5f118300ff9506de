// Does the body of an answer hold what a smoke test asks for?
import type { SmokeTest } from '../../core/smoke.ts';
import { clean } from './http-look.ts';

type Body = { readonly text: string; readonly whole: boolean };

/** Everything that is wrong with it, as parts of a sentence. */
export function bodyProblems(test: SmokeTest, body: Body): string[] {
  const problems: string[] = [];
  if (test.contains !== undefined && !body.text.includes(test.contains)) {
    problems.push(`it does not say ${quoted(test.contains)}`);
  }
  if (test.csvHeaders !== undefined) problems.push(...csvProblems(test.csvHeaders, body.text));
  if (test.json !== undefined || test.numbers !== undefined) problems.push(...jsonProblems(test, body));
  return problems;
}

function csvProblems(expected: readonly string[], text: string): string[] {
  const columns = columnsOf(text);
  const missing = expected.filter((name) => !columns.includes(name));
  return missing.length === 0 ? [] : [`its first line has no column ${missing.map(quoted).join(', ')}`];
}

/** Splitting is quadratic in the length of a line, which a stranger chooses. */
const LONGEST_LINE = 4_000;

/** The first line of a CSV text. A quoted name may hold commas and doubled quotes, but no line break. */
function columnsOf(text: string): string[] {
  const [line = ''] = text.slice(0, LONGEST_LINE).split(/\r?\n/, 1);
  return line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/).map((part) => {
    const name = part.trim();
    return name.startsWith('"') && name.endsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
  });
}

function jsonProblems({ json = {}, numbers = [] }: SmokeTest, { text, whole }: Body): string[] {
  if (!whole) return ['it is too long to be read'];
  const root = parsed(text);
  if (root === undefined) return ['it is no JSON'];
  return [
    ...Object.entries(json).flatMap(([path, expected]) => {
      const found = valuesAt(root, path);
      if (found.length === 0) return [`${path} is missing`];
      const other = found.find((value) => value !== expected);
      return other === undefined ? [] : [`${path} is ${shown(other)} instead of ${shown(expected)}`];
    }),
    ...numbers.flatMap((path) => {
      const found = valuesAt(root, path);
      if (found.length === 0) return [`${path} is missing`];
      const other = found.find((value) => !Number.isFinite(value));
      return other === undefined ? [] : [`${path} is ${shown(other)} instead of a finite number`];
    }),
  ];
}

/** Whatever stands at a path; none when nothing does. `*` stands for every member of an object or array. */
function valuesAt(root: unknown, path: string): unknown[] {
  let values = [root];
  for (const part of path.split('.')) {
    values = values.flatMap((value) => {
      if (typeof value !== 'object' || value === null) return [];
      if (part === '*') return Object.values(value);
      return Object.entries(value).flatMap(([name, member]) => (name === part ? [member] : []));
    });
  }
  return values;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON knows no Infinity, but its readers make one of `1e999`. */
function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : clean(JSON.stringify(value)).slice(0, 60);
}

function quoted(text: string): string {
  return `"${clean(text).slice(0, 60)}"`;
}
