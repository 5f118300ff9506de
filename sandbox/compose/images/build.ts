// Makes the two images of the provote project from what this machine has: no registry is asked for anything.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { postgresBinaries } from '../../servers/postgres-binaries.ts';
import type { Engine } from '../engine.ts';
import { archiveOf, type Part, type Root } from './archive.ts';
import { closureOf } from './closure.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const here = dirname(fileURLToPath(import.meta.url));
const SHELL = ['sh', 'cat', 'chmod', 'chown', 'date', 'env', 'grep', 'gzip', 'head', 'id', 'ls', 'mkdir', 'rm', 'sed'];
/** With which a volume is looked at and copied. */
const FILES = ['cksum', 'cp', 'df', 'find', 'sort', 'sync'];
const TOOLS = [...SHELL, ...FILES, 'setpriv', 'sleep', 'tail', 'test', 'wc'].map((name) => `/usr/bin/${name}`);

/** It archives the write-ahead log, and brings it back (P8). */
const PGBACKREST = '/usr/bin/pgbackrest';

/** The user as whom PostgreSQL runs in its container, as in the official image. */
const POSTGRES_ID = 999;
const ACCOUNTS = {
  'etc/passwd': `root:x:0:0::/:/bin/sh\npostgres:x:${POSTGRES_ID}:${POSTGRES_ID}::/var/lib/postgresql:/bin/sh\n`,
  'etc/group': `root:x:0:\npostgres:x:${POSTGRES_ID}:\n`,
};

/** Brings `provote/db` and `provote/web` into the engine. */
export async function buildImages(engine: Engine): Promise<void> {
  const [db, web, bin] = await Promise.all([dbRoot().then(archiveOf), webRoot().then(archiveOf), postgresBinaries()]);
  await Promise.all([
    load(engine, db, 'provote/db', [
      'ENTRYPOINT ["/usr/local/bin/entrypoint"]',
      'CMD ["postgres"]',
      `ENV PATH=${bin}:${PATH} PGDATA=/var/lib/postgresql/data LANG=C.UTF-8`,
      'VOLUME /var/lib/postgresql/data',
      'EXPOSE 5432',
    ]),
    load(engine, web, 'provote/web', [
      `ENV PATH=${PATH}`,
      'WORKDIR /app',
      'CMD ["node", "web-main.ts"]',
      'EXPOSE 8000',
    ]),
  ]);
}

async function load(engine: Engine, tar: string, tag: string, changes: readonly string[]): Promise<void> {
  await engine.docker(['import', ...changes.flatMap((change) => ['--change', change]), tar, tag]);
}

async function dbRoot(): Promise<Root> {
  const bin = await postgresBinaries();
  const version = basename(dirname(bin));
  const lib = join(dirname(bin), 'lib');
  // Compiling queries would bring in another hundred megabytes.
  const modules = readdirSync(lib).filter((name) => name.endsWith('.so') && !name.startsWith('llvmjit'));
  const programs = readdirSync(bin).map((name) => join(bin, name));
  if (!existsSync(PGBACKREST)) {
    throw new Error('pgBackRest is not installed. Install it with: sudo apt-get install -y pgbackrest');
  }
  const files = await closureOf([...TOOLS, PGBACKREST, ...programs, ...modules.map((name) => join(lib, name))]);
  const names = [...files, `/usr/share/postgresql/${version}`, '/usr/share/zoneinfo', '/usr/lib/locale/C.utf8'];
  return {
    name: 'db',
    parts: [onTheirPlaces(names)],
    files: { ...ACCOUNTS, 'usr/local/bin/entrypoint': readFileSync(join(here, 'db-entrypoint.sh'), 'utf8') },
  };
}

async function webRoot(): Promise<Root> {
  const files = await closureOf([...TOOLS, process.execPath]);
  const node = { from: dirname(process.execPath), names: ['node'], to: 'usr/local/bin' };
  const app = join(here, '..', 'app');
  const modules = dirname(dirname(createRequire(import.meta.url).resolve('pg/package.json')));
  return {
    name: 'web',
    parts: [
      onTheirPlaces(files.filter((file) => file !== process.execPath)),
      node,
      { from: app, names: readdirSync(app), to: 'app' },
      { from: modules, names: [...packagesOf(modules, 'pg')], to: 'app/node_modules' },
    ],
    files: { ...ACCOUNTS, 'app/package.json': '{ "type": "module" }\n', 'usr/local/bin/python': PYTHON },
  };
}

// The runbook says `python manage.py migrate`: whoever types that here gets what this application has instead.
const PYTHON = '#!/bin/sh\nshift\nexec node /app/manage-main.ts "$@"\n';

function onTheirPlaces(files: readonly string[]): Part {
  return { from: '/', names: files.map((file) => file.slice(1)), to: '' };
}

/** A package and all that it depends on, by the folders they are in. */
function packagesOf(modules: string, name: string, known = new Set<string>()): Set<string> {
  if (known.has(name)) return known;
  known.add(name);
  const { dependencies = {} } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8'));
  for (const needed of Object.keys(dependencies)) packagesOf(modules, needed, known);
  return known;
}
