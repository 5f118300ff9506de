// Holds the house to its plan, and proves that the tool which does so bites.
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const home = join(import.meta.dirname, '..', '..');
const rulesFile = join(home, '.dependency-cruiser.mjs');
const houseFolders = ['src', 'test', 'sandbox', 'bench', 'faults'];
const Rules = z.object({ may: z.record(z.string(), z.array(z.string())) });

async function cruiseHouse(baseDir: string): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions(rulesFile);
  const folders = houseFolders.filter((folder) => existsSync(join(baseDir, folder)));
  const { output } = await cruise(folders, { ...options, baseDir, validate: true });
  if (typeof output === 'string') throw new Error(`the cruiser answered with text: ${output}`);
  return output;
}

const violations = (result: ICruiseResult) =>
  result.summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));

const filesWhose = (pattern: string, wrong: (text: string) => boolean) =>
  globSync(pattern, { cwd: home }).filter((file) => wrong(readFileSync(join(home, file), 'utf8')));

describe('the house', () => {
  it('breaks none of its import rules', { timeout: 60_000 }, async () => {
    const result = await cruiseHouse(home);
    // With a TypeScript that it does not know, the cruiser reads no module at all and finds nothing wrong.
    expect(result.summary.totalCruised).toBeGreaterThan(0);
    expect(violations(result)).toEqual([]);
  });

  it('has nothing directly under src/ that the import matrix does not know', async () => {
    const { may } = Rules.parse(await import(rulesFile));
    expect(readdirSync(join(home, 'src')).filter((entry) => !(entry in may))).toEqual([]);
  });

  it('names only its own rooms in the import matrix', async () => {
    const { may } = Rules.parse(await import(rulesFile));
    const named = Object.values(may).flat();
    expect(named.filter((room) => room !== '*' && !(room in may))).toEqual([]);
  });

  it('is drawn in ARCHITECTURE.md as it is enforced', async () => {
    const { may } = Rules.parse(await import(rulesFile));
    const page = readFileSync(join(home, 'ARCHITECTURE.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z]+(?:\.ts)?)\/?` \| ([^|]*) \|/gm)];
    const drawn = rows.map(([, room = '', imports = '']) => [room, roomsIn(imports, may)] as const);
    expect(Object.fromEntries(drawn)).toEqual(
      Object.fromEntries(Object.entries(may).map(([room, rooms]) => [room, rooms.toSorted()])),
    );
  });

  it('opens every source file with one line that says what the file is for', () => {
    const opening = /^(?:\/\/ \S.{9,}|\/\*\* \S.{9,} \*\/)(?:\n|$)/;
    expect(filesWhose('src/**/*.ts', (text) => !opening.test(text))).toEqual([]);
  });

  it('keeps every test file in a folder that a test project runs', () => {
    const run = /^test\/(?:unit|contract|integration|faults|story)\//;
    expect(globSync('test/**/*.test.ts', { cwd: home }).filter((file) => !run.test(file))).toEqual([]);
  });

  it('skips no test', () => {
    const skip = /\b(?:it|test|describe|suite)\b[\w.]*\.(?:skip|skipIf|runIf|todo|fails)\b|\b(?:context|ctx)\.skip\(/;
    expect(filesWhose('test/**/*.ts', (text) => skip.test(text))).toEqual([]);
  });
});

/** The rooms that a cell of ARCHITECTURE.md names. */
function roomsIn(cell: string, may: Readonly<Record<string, readonly string[]>>): string[] {
  if (cell === 'everything') return ['*'];
  const words = cell.split(/[,;] /);
  return words.filter((word) => word in may).toSorted();
}

/** Files that break one rule each, by the file that is to be named. */
const planted = [
  {
    claim: 'core importing the store',
    rule: 'core-stays-in-its-rooms',
    files: {
      'src/core/planted-noun.ts': "import { shelf } from '../store/planted-shelf.ts';\nexport const noun = shelf;",
      'src/store/planted-shelf.ts': 'export const shelf = 1;',
    },
  },
  {
    claim: 'core doing input and output',
    rule: 'core-is-pure',
    files: {
      'src/core/planted-reader.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;",
    },
  },
  {
    claim: 'a recipe reading the machine',
    rule: 'recipes-are-pure',
    files: { 'src/runbooks/planted-recipe.ts': "import { hostname } from 'node:os';\nexport const host = hostname;" },
  },
  {
    claim: 'a circle of types only',
    rule: 'no-circular',
    files: {
      'src/core/planted-egg.ts': "import type { Hen } from './planted-hen.ts';\nexport type Egg = { from?: Hen };",
      'src/core/planted-hen.ts': "import type { Egg } from './planted-egg.ts';\nexport type Hen = { from?: Egg };",
    },
  },
  {
    claim: 'a platform importing its sibling',
    rule: 'platform-siblings-stay-apart',
    files: {
      'src/platforms/planted-one/a.ts': "import { b } from '../planted-two/b.ts';\nexport const a = b;",
      'src/platforms/planted-two/b.ts': 'export const b = 1;',
    },
  },
  {
    claim: 'a platform importing what only app.ts composes',
    rule: 'shared-platform-code-is-wired-by-app',
    files: {
      'src/platforms/planted-three/a.ts': "import { c } from '../shared/planted.ts';\nexport const a = c;",
      'src/platforms/shared/planted.ts': 'export const c = 1;',
    },
  },
  {
    claim: 'a runbook importing a platform, if only a type',
    rule: 'runbooks-stays-in-its-rooms',
    files: {
      'src/runbooks/planted-verify.ts': "import type { T } from '../platforms/planted-two/t.ts';\nexport type V = T;",
      'src/platforms/planted-two/t.ts': 'export type T = 1;',
    },
  },
  {
    claim: 'a file other than lib/exec.ts importing execa',
    rule: 'only-exec-starts-processes',
    files: { 'src/postgres/planted-dump.ts': "import { execa } from 'execa';\nexport const dump = execa;" },
  },
  {
    claim: 'a process started by node itself',
    rule: 'only-exec-starts-processes',
    files: { 'src/lib/planted-spawn.ts': "import { spawn } from 'node:child_process';\nexport const start = spawn;" },
  },
  {
    claim: 'SQL spoken by an operation',
    rule: 'only-store-and-postgres-reach-the-database',
    files: { 'src/operations/planted-query.ts': "import type { Pool } from 'pg';\nexport type Query = Pool;" },
  },
  {
    claim: 'a queue touched by a handler',
    rule: 'only-queue-reaches-redis',
    files: { 'src/handlers/planted-job.ts': "import { Queue } from 'bullmq';\nexport const job = Queue;" },
  },
  {
    claim: 'Slack called by the narrator',
    rule: 'only-the-slack-rooms-reach-slack',
    files: {
      'src/progress/planted-post.ts': "import { WebClient } from '@slack/web-api';\nexport const post = WebClient;",
    },
  },
  {
    claim: 'a message that takes code from Slack',
    rule: 'messages-take-only-types-from-slack',
    files: { 'src/messages/planted-card.ts': "import * as types from '@slack/types';\nexport const card = types;" },
  },
  {
    claim: 'YAML read outside the configuration',
    rule: 'only-config-reads-yaml',
    files: { 'src/platforms/planted-two/y.ts': "import { parse } from 'yaml';\nexport const y = parse;" },
  },
  {
    claim: 'the product importing a test',
    rule: 'the-product-knows-no-tests',
    files: {
      'src/app.ts': "import { fake } from '../test/support/planted-fake.ts';\nexport const app = fake;",
      'test/support/planted-fake.ts': 'export const fake = 1;',
    },
  },
  {
    claim: 'the sandbox importing the product',
    rule: 'the-sandbox-runs-the-product-from-outside',
    files: {
      'sandbox/planted-inside.ts': "import { clock } from '../src/lib/planted-clock.ts';\nexport const inside = clock;",
      'src/lib/planted-clock.ts': 'export const clock = 1;',
    },
  },
  {
    claim: 'a file that lies in no room',
    rule: 'every-file-has-a-room',
    files: {
      'src/config/planted-user.ts': "import { stray } from '../planted-stray.ts';\nexport const user = stray;",
      'src/planted-stray.ts': 'export const stray = 1;',
    },
  },
  {
    claim: 'an import that leads nowhere',
    rule: 'every-import-is-there',
    files: { 'src/lib/planted-lost.ts': "import { lost } from './planted-nowhere.ts';\nexport const found = lost;" },
  },
];

describe('the import rules', () => {
  const copy = mkdtempSync(join(tmpdir(), 'holdfast-planted-'));
  let caught: ReturnType<typeof violations> = [];

  beforeAll(async () => {
    for (const folder of ['src', 'tsconfig.json', 'package.json']) {
      cpSync(join(home, folder), join(copy, folder), { recursive: true });
    }
    symlinkSync(join(home, 'node_modules'), join(copy, 'node_modules'));
    for (const [file, text] of planted.flatMap(({ files }) => Object.entries(files))) {
      mkdirSync(dirname(join(copy, file)), { recursive: true });
      writeFileSync(join(copy, file), `${text}\n`);
    }
    caught = violations(await cruiseHouse(copy));
  }, 60_000);

  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it.each(planted)('name $claim', ({ rule, files }) => {
    const [culprit] = Object.keys(files);
    expect(caught.filter(({ from }) => from === culprit).map((violation) => violation.rule)).toContain(rule);
  });
});
