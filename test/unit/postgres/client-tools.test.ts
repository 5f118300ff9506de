// Which of several installed PostgreSQL versions is used. The versions stand in for themselves: they only tell their number.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import { newestTools, toolsFor } from '../../../src/postgres/client-tools.ts';

const versions: Record<string, string> = {};
let path = '';

async function install(version: string, programs: readonly string[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-tools-'));
  for (const program of programs) {
    await writeFile(join(dir, program), `#!/bin/sh\necho "${program} (PostgreSQL) ${version}"\n`);
    await chmod(join(dir, program), 0o755);
  }
  versions[version] = dir;
  return dir;
}

beforeAll(async () => {
  const all = [
    await install('90.3', ['pg_restore', 'initdb']),
    await install('92.1', ['pg_restore', 'initdb']),
    await install('95.0', ['pg_restore']),
  ];
  path = ['/usr/bin', '/bin', ...all].join(':');
});
afterAll(async () => {
  for (const dir of Object.values(versions)) await rm(dir, { recursive: true, force: true });
});

describe("PostgreSQL's programs", () => {
  it('are the newest when any will do', async () => {
    const tools = await newestTools({ path }, ['pg_restore']);
    expect([tools.major, tools.program('pg_restore')]).toEqual([95, `${versions['95.0']}/pg_restore`]);
  });

  it('are of a version that has all that is needed', async () => {
    expect((await newestTools({ path }, ['pg_restore', 'initdb'])).major).toBe(92);
  });

  it("are of the server's version where it is installed, else the next newer one", async () => {
    expect((await toolsFor('90.11', { path }, ['pg_restore'])).major).toBe(90);
    expect((await toolsFor('91.2', { path }, ['pg_restore'])).major).toBe(92);
  });

  it('are never older than the server: then it is said what to install', async () => {
    const thrown: unknown = await toolsFor('96.1', { path }, ['pg_restore']).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(Refusal);
    expect(String(thrown)).toMatch(
      /pg_restore of PostgreSQL 96 or newer cannot be found\. Install them .*postgresql.*96/,
    );
  });
});
