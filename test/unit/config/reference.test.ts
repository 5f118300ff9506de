// The README's configuration reference is what the program reads: `npx vitest run -u` writes it anew.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { VARIABLES, type Variable } from '../../../src/config/variables.ts';

const README = new URL('../../../README.md', import.meta.url);
const BLOCK = /(?<=<!-- variables -->\n)[\s\S]*(?=<!-- \/variables -->)/;

describe('the README', () => {
  it('lists every variable with what it means, when it is needed and what holds without it', async () => {
    const readme = await readFile(README, 'utf8');
    const written = readme.replace(BLOCK, `\n${table(VARIABLES)}\n`);
    await expect(written).toMatchFileSnapshot(README.pathname);
  });
});

function table(variables: readonly Variable[]): string {
  const rows = variables.map(({ name, required, default: fallback, meaning }) => {
    const needed = required === true ? 'required' : required === false ? '' : `required ${required}`;
    const otherwise = fallback === null ? needed : `default \`${fallback}\``;
    return `| \`${name}\` | ${meaning} | ${otherwise} |`;
  });
  return ['| variable | meaning | |', '|---|---|---|', ...rows, ''].join('\n');
}
