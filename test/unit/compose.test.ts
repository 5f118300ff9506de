// Holds Dockerfile, docker-compose.yml and .env.example to the program: no engine runs in CI that could build them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ROLES } from '../../src/app.ts';
import { VARIABLES } from '../../src/config/variables.ts';

const home = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(home, file), 'utf8');

const Service = z.looseObject({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  stop_grace_period: z.string(),
  restart: z.string(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
});

const Compose = z.looseObject({
  services: z.record(z.string(), Service),
  volumes: z.record(z.string(), z.unknown()),
});

const { services, volumes } = Compose.parse(parse(read('docker-compose.yml'), { merge: true }));
const dockerfile = instructionsOf(read('Dockerfile'));
const known: readonly string[] = VARIABLES.map(({ name }) => name);

const built = Object.entries(services).filter(([, { build }]) => build !== undefined);
const command = (name: string) => services[name]?.command ?? [];

describe('docker-compose.yml', () => {
  it('has one service per role of the program', () => {
    expect(built.map(([, service]) => service.command)).toEqual(ROLES.map((role) => ['--role', role]));
  });

  it('sets only variables that the program, or PostgreSQL’s image, knows', () => {
    for (const [name, { build, environment }] of Object.entries(services)) {
      const foreign = Object.keys(environment).filter((variable) =>
        build === undefined ? !variable.startsWith('POSTGRES_') : !known.includes(variable),
      );
      expect(foreign, name).toEqual([]);
    }
  });

  it('gives each role all that .env cannot know', () => {
    for (const [name, { environment }] of built) {
      expect(environment, name).toMatchObject({ HOST: '0.0.0.0', REDIS_URL: 'redis://queue:6379' });
      expect(environment['DATABASE_URL'], name).toContain('@store:5432/');
      expect(environment['HEALTH_PORT'], name).toMatch(/^\d+$/);
    }
  });

  it('runs a queue that survives a crash and throws nothing away', () => {
    const line = command('queue').join(' ');
    expect(line).toContain('--appendonly yes');
    expect(line).toContain('--maxmemory-policy noeviction');
    expect(services['queue']?.volumes).toContain('queue:/data');
  });

  it('asks every service whether it is well', () => {
    for (const [name, { build, healthcheck }] of Object.entries(services)) {
      if (build === undefined) expect(healthcheck?.test[0], name).toBe('CMD');
    }
    // The built ones bring theirs with the image.
    expect(argumentOf('HEALTHCHECK')).toContain(`:\${process.env.HEALTH_PORT}/healthz`);
  });

  it('gives the worker a volume at its work directory', () => {
    const place = services['worker']?.environment['WORK_DIR'];
    expect(services['worker']?.volumes).toContain(`work:${place}`);
    expect(dockerfile.some(({ rest }) => rest.includes(`install -d -o node -g node -m 0700 ${place}`))).toBe(true);
  });

  it('declares every volume that it mounts', () => {
    const mounted = Object.values(services).flatMap((service) => service.volumes.map((volume) => volume.split(':')[0]));
    const named = mounted.filter((volume) => volume !== undefined && !volume.startsWith('.'));
    expect(named.toSorted()).toEqual(Object.keys(volumes).toSorted());
  });

  it('lets the program stop in its own time', () => {
    // `App.stop` returns within about fifteen seconds.
    for (const [name, { stop_grace_period: grace }] of built) {
      expect(Number.parseInt(grace, 10) * 1000, name).toBeGreaterThanOrEqual(20_000);
    }
  });

  it('opens no port to the world', () => {
    for (const [name, { ports }] of Object.entries(services)) expect(ports, name).toEqual([]);
  });
});

describe('Dockerfile', () => {
  it('runs as somebody who is not root', () => {
    expect(argumentOf('USER')).toBe('node');
  });

  it('sets only variables that the program, Node.js or the C library knows', () => {
    const names = [...(argumentOf('ENV') ?? '').matchAll(/(?:^|\s)([A-Z_]+)=/g)].map((match) => match[1] ?? '');
    expect(names).toContain('WORK_DIR');
    expect(names.filter((name) => !known.includes(name))).toEqual(['NODE_ENV', 'MALLOC_ARENA_MAX']);
  });

  it('takes in only what is there and what the builder is given', () => {
    const ignored = read('.dockerignore').split('\n');
    expect(ignored).toContain('*');
    const given = dockerfile.filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'));
    for (const source of given.flatMap(({ rest }) => rest.split(/\s+/).slice(0, -1))) {
      expect(existsSync(join(home, source)), source).toBe(true);
      expect(ignored, source).toContain(`!${source}`);
    }
    expect(ignored.filter((line) => line.includes('env'))).toEqual([]);
  });

  it('starts the program', () => {
    expect(JSON.parse(argumentOf('ENTRYPOINT') ?? '')).toEqual(['node', '--max-semi-space-size=8', 'src/main.ts']);
    expect(existsSync(join(home, 'src/main.ts'))).toBe(true);
  });
});

describe('.env.example', () => {
  const example = read('.env.example');

  it('names every variable of the program, and of compose', () => {
    const named = [...example.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map((match) => match[1] ?? '');
    expect(named.toSorted()).toEqual([...known, 'POSTGRES_PASSWORD'].toSorted());
  });

  it('sets no value', () => {
    expect(example.match(/^(?:# )?[A-Z_]+=.+/gm)).toBeNull();
  });
});

describe('secrets', () => {
  it('are in none of the files', () => {
    const token = /xox[abp]-\w|xapp-\w|AKIA|HRKU-|-----BEGIN|password[ \t]*[:=][ \t]*['"]?\w/i;
    for (const file of ['Dockerfile', 'docker-compose.yml', '.env.example']) {
      const interpolated = read(file).replace(/\$\{POSTGRES_PASSWORD:\?[^}]*\}/g, '');
      expect(interpolated, file).not.toMatch(token);
      expect(interpolated, file).not.toMatch(/:\/\/[^\s:@/]+:[^\s@]+@/);
    }
  });
});

/** The instructions of the last stage, continued lines joined. */
function instructionsOf(text: string): { word: string; rest: string }[] {
  const lines = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stage = lines.findLastIndex((line) => line.startsWith('FROM '));
  return lines.slice(stage).map((line) => {
    const [word = ''] = line.split(' ', 1);
    return { word, rest: line.slice(word.length).trim() };
  });
}

function argumentOf(word: string): string | undefined {
  return dockerfile.findLast((instruction) => instruction.word === word)?.rest;
}
