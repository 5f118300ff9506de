// Loads an archive of pg_dump with pg_restore: in parallel, any error fatal, without what only a superuser may make.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectionInfo } from '../program-env.ts';
import { sortEntries } from './archive-entries.ts';
import { createExtensions, type Extension } from './extensions.ts';
import { addForeignKey } from './foreign-keys.ts';
import type { Lane } from './lane.ts';
import { type Hooks, type LoadedParts, troubleWith, type Unvalidated } from './loading.ts';
import { type PgRestore, pgRestore } from './pg-restore.ts';
import { plainParts, type Statement } from './plain-parts.ts';
import { type Kind, kindOf, nameOf } from './plain-statement.ts';
import { createRoles } from './roles.ts';

/** Everything that the archive makes and holds. The first error ends it. Foreign keys are there but not yet checked. */
export async function restoreArchive(restore: PgRestore, main: Lane, hooks: Hooks): Promise<LoadedParts> {
  const { wanted, extensions, foreignKeys, leftOut } = sortEntries(await pgRestore(restore, ['--list']));
  const { missing, schemas } = await makeExtensions(restore, extensions);
  await makeRoles(restore, wanted);
  const isMade = (entry: string) => schemas.some((schema) => entry.includes(` SCHEMA - ${schema} `));
  const entries = wanted.filter((entry) => !isMade(entry));
  const run = await runner(restore, entries, hooks);
  if (hooks.beforeData === undefined && hooks.afterData === undefined) {
    // One run is faster than three: rows go into tables of its own making, and indexes begin before the last rows are there.
    await run([]);
  } else {
    const query = <Row extends object>(sql: string, values: readonly unknown[] = []) =>
      main.rows<Row & Record<string, unknown>>(sql, values);
    await run(['--section=pre-data']);
    await hooks.beforeData?.(query);
    await run(['--section=data']);
    await hooks.afterData?.(query);
    await run(['--section=post-data']);
  }
  return { leftOut: [...missing, ...leftOut], unvalidated: await addForeignKeys(restore, main, foreignKeys) };
}

async function runner(restore: PgRestore, entries: readonly string[], { onProgress }: Hooks) {
  const list = join(restore.loading.workDir, 'wanted.list');
  await writeFile(list, entries.join('\n'));
  const first = entries.findIndex((entry) => entry.includes(' TABLE DATA '));
  const parts = entries.length - Math.max(0, first);
  let done = 0;
  const onLine = (line: string) => {
    if (!/finished item \d+ /.test(line)) return;
    done += 1;
    onProgress?.({
      percent: Math.min(99, Math.floor((done / parts) * 100)),
      note: `${done} of ${parts} parts loaded`,
    });
  };
  return (sections: readonly string[]) => {
    // Whom things belong to and who may use them are matters of the live server, not of the data.
    const leave = ['--no-owner', '--no-acl', '--no-security-labels', '--no-tablespaces'];
    const where = ['--dbname', connectionInfo(restore.loading.name), '--use-list', list, ...sections];
    const how = ['--exit-on-error', '--verbose', '--jobs', String(restore.jobs)];
    return pgRestore(restore, [...where, ...how, ...leave], onLine);
  };
}

async function makeExtensions(restore: PgRestore, entries: readonly string[]) {
  const extensions: Extension[] = [];
  for await (const { kind } of statementsOf(restore, 'extensions.list', entries)) {
    if (kind.is === 'extension') extensions.push(kind);
  }
  const missing = await createExtensions(restore.loading, extensions);
  const schemas = extensions.flatMap(({ name, schema }) => (schema === null || missing.includes(name) ? [] : [schema]));
  return { missing, schemas };
}

async function makeRoles(restore: PgRestore, entries: readonly string[]): Promise<void> {
  if (restore.loading.createsRoles !== true) return;
  const naming = entries.filter((entry) => / (POLICY|USER MAPPING) /.test(entry));
  for await (const { skeleton } of statementsOf(restore, 'roles.list', naming)) {
    await createRoles(restore.loading, skeleton);
  }
}

async function addForeignKeys(restore: PgRestore, main: Lane, entries: readonly string[]): Promise<Unvalidated[]> {
  const unvalidated: Unvalidated[] = [];
  for await (const { kind, text, skeleton } of statementsOf(restore, 'foreign-keys.list', entries)) {
    try {
      if (kind.is === 'ordered') await main.run(text);
      if (kind.is !== 'foreign-key') continue;
      const added = await addForeignKey(main, { ...kind, text });
      if (added !== null) unvalidated.push(added);
    } catch (thrown) {
      throw troubleWith(`running ${nameOf(skeleton)}`, thrown);
    }
  }
  return unvalidated;
}

/** The SQL of some entries. An archive without such entries is not asked: an empty list would mean all of them. */
async function* statementsOf(restore: PgRestore, listName: string, entries: readonly string[]) {
  if (entries.length === 0) return;
  const list = join(restore.loading.workDir, listName);
  await writeFile(list, entries.join('\n'));
  const sql = await pgRestore(restore, ['--use-list', list, '--file=-', '--no-owner', '--no-acl', '--no-tablespaces']);
  for await (const part of plainParts(once(sql))) if (part.is === 'statement') yield read(part);
}

function read({ text, skeleton }: Statement): { kind: Kind; text: string; skeleton: string } {
  const written = text.toString();
  const words = Buffer.from(skeleton, 'latin1').toString();
  return { kind: kindOf(words, written), text: written, skeleton: words };
}

async function* once(sql: string): AsyncGenerator<Buffer> {
  yield Buffer.from(sql);
}
