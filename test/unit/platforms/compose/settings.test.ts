// What a system file may say of a compose environment: nothing in it can become an option or another place.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { problemsOf, variablesOf } from '../../../../src/platforms/compose/platform.ts';
import { Settings } from '../../../../src/platforms/compose/settings.ts';

const provote = {
  project: 'provote',
  directory: '/srv/provote',
  files: ['docker/docker-compose.prod.yml'],
  connection: 'PROVOTE_DATABASE_URL',
  database: 'db',
  volume: 'postgres_data',
  services: ['celery-beat', 'celery', 'web'],
  archives: { place: { kind: 'directory', path: '/srv/provote/backups/database' } },
};
const ssh = {
  host: 'db1.example.net',
  user: 'deploy',
  identityFile: '/etc/holdfast/id_ed25519',
  knownHostsFile: '/etc/holdfast/known_hosts',
};

describe('the settings of a compose environment', () => {
  it('mean the engine of this machine when they name none', () => {
    expect(Settings.parse(provote).engine).toBe('unix:///var/run/docker.sock');
  });

  it('stand in systems/provote.yml without a problem, and name one variable', async () => {
    const file = await readFile(join(import.meta.dirname, '../../../../systems/provote.yml'), 'utf8');
    const { settings } = parse(file).environments.production;
    expect(problemsOf(settings)).toEqual([]);
    expect(variablesOf(settings)).toEqual(['PROVOTE_DATABASE_URL']);
    expect(Settings.parse(settings).services).toEqual(['celery-beat', 'celery', 'web']);
  });

  it('may name an engine behind ssh, with its usual socket', () => {
    const { engine } = Settings.parse({ ...provote, engine: ssh });
    expect(engine).toEqual({ ...ssh, port: 22, socket: '/var/run/docker.sock' });
  });

  it.each([
    ['an engine over plain TCP', { engine: 'tcp://db1:2375' }],
    ['an engine by ssh without the keys that are accepted', { engine: 'ssh://deploy@db1' }],
    ['an ssh host that is an option', { engine: { ...ssh, host: '-oProxyCommand=x' } }],
    ['a socket with more than a path', { engine: { ...ssh, socket: '/run/docker.sock:/etc' } }],
    ['a project that is an option', { project: '--file' }],
    ['a project in capitals, which Compose refuses', { project: 'Provote' }],
    ['a service that is an option', { services: ['-a'] }],
    ['a service with a blank', { services: ['web celery'] }],
    ['no service at all', { services: [] }],
    ['a file outside of the directory', { files: ['../other/docker-compose.yml'] }],
    ['a file that is an option', { files: ['-'] }],
    ['no file at all', { files: [] }],
    ['a directory that is not absolute', { directory: 'srv/provote' }],
    ['a connection string in place of the name of its variable', { connection: 'postgres://' }],
    ['a database service that is an option', { database: '--all' }],
    ['a volume that is an option', { volume: '--force' }],
    ['a volume that is a path', { volume: '/var/lib/postgresql' }],
    ['an empty migration', { migrate: { service: 'web', command: [] } }],
    ['a setting that does not exist', { container: 'provote_db_1' }],
  ])('refuse %s', (_, change) => {
    expect(Settings.safeParse({ ...provote, ...change }).success).toBe(false);
  });
});
