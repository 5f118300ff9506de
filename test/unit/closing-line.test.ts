// The line by which CI reads a run: printed last, true, and never green when nothing ran.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { exec } from '../../src/lib/exec.ts';

const home = join(import.meta.dirname, '..', '..');
const TEST = `import { expect, it } from '${join(home, 'node_modules/vitest/dist/index.js')}';\n`;
/** Vitest skips the tests whose names do not match. */
const CONFIG = `import { ClosingLine } from '${join(home, 'test/support/closing-line.ts')}';
export default { test: { testNamePattern: /^chosen/, reporters: ['default', new ClosingLine()] } };
`;
const made: string[] = [];

/** Runs vitest with our reporter in a folder that holds one file of tests. */
async function run(tests: string): Promise<{ code: number | null; lines: string[] }> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-closing-'));
  made.push(dir);
  await writeFile(join(dir, 'a.test.mjs'), TEST + tests);
  await writeFile(join(dir, 'vitest.config.mjs'), CONFIG);
  const ran = await exec(process.execPath, [join(home, 'node_modules/vitest/vitest.mjs'), 'run'], {
    env: { PATH: '/usr/bin:/bin', CI: 'true', NO_COLOR: '1' },
    cwd: dir,
  });
  return { code: ran.code, lines: ran.stdout.trimEnd().split('\n') };
}

afterEach(async () => {
  for (const dir of made.splice(0)) await rm(dir, { recursive: true, force: true });
});

describe('the closing line', { timeout: 30_000 }, () => {
  it('counts what passed, failed and was skipped, after everything else', async () => {
    const { code, lines } = await run(
      "it('chosen 1', () => {});\nit('chosen 2', () => {});\nit('chosen 3', () => expect(1).toBe(2));\nit('other', () => {});",
    );
    expect(lines.at(-1)).toBe('2 passed, 1 failed, 1 skipped');
    expect(code).toBe(1);
  });

  it('leaves skipped ones out when there are none', async () => {
    const { code, lines } = await run("it('chosen', () => {});");
    expect(lines.at(-1)).toBe('1 passed, 0 failed');
    expect(code).toBe(0);
  });

  it.each([
    ['every test is skipped', "it('other', () => {});"],
    ['a file cannot be read', "throw new Error('broken file');"],
    [
      'an error comes from outside of any test',
      "it('chosen', () => { setTimeout(() => { throw new Error('late'); }); });",
    ],
  ])('is not green when %s', async (_, tests) => {
    const { code, lines } = await run(tests);
    expect(lines.at(-1)).toMatch(/^\d passed, [1-9] failed/);
    expect(code).toBe(1);
  });
});
