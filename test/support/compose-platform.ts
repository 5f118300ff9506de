// The compose platform over a real engine with provote on it, and runs of its actions as the executor makes them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parse } from 'yaml';
import type { Action, ActionName, Args, Evidence, Outcome, Progress, Run } from '../../src/core/action.ts';
import { Refusal } from '../../src/core/errors.ts';
import type { Backup } from '../../src/core/facts.ts';
import type { Json } from '../../src/core/json.ts';
import type { Platform } from '../../src/core/platform.ts';
import { Secret } from '../../src/core/secret.ts';
import { System } from '../../src/core/system.ts';
import { compose } from '../../src/platforms/compose/platform.ts';
import { fetchBackupAction } from '../../src/platforms/shared/fetch-backup.ts';
import { type Bench, startBench } from './compose-engine.ts';

export const environment = 'production';
const PATH = '/usr/local/bin:/usr/bin:/bin';

export type PlatformBench = Bench & {
  readonly system: System;
  readonly platform: Platform;
  /** The system of systems/provote.yml with other settings of production. */
  systemWith(settings: Record<string, unknown>): System;
  backup(id: string): Promise<Backup>;
  action<N extends ActionName>(name: N): Action<Args<N>>;
  runOf(before: Json, more?: Partial<Run>): Run;
  /** `before`, as the executor asks for it, and the run that comes of it. */
  prepare<N extends ActionName>(name: N, args: Args<N>, more?: Partial<Run>): Promise<Prepared<N>>;
};

export type Prepared<N extends ActionName> = {
  readonly run: Run;
  readonly told: Progress[];
  do(): Promise<Outcome>;
  probe(): ReturnType<Action<Args<N>>['probe']>;
  undo(): Promise<Evidence>;
};

/** Starts everything. */
export async function startPlatformBench(): Promise<PlatformBench> {
  const bench = await startBench();
  const { provote, sandbox, dir } = bench;
  const file = parse(await readFile(join(import.meta.dirname, '../../systems/provote.yml'), 'utf8'));
  const text = JSON.stringify(file).replaceAll('REPLACE', 'PLACE');
  const systemWith = (settings: Record<string, unknown>): System => {
    const changed = JSON.parse(text);
    const { production } = changed.environments;
    production.settings = { ...production.settings, ...settings };
    changed.logs.watchSeconds = 1;
    return System.parse(changed);
  };
  const system = systemWith({
    engine: sandbox.host,
    directory: provote.dir,
    pgbackrest: { stanza: 'provote', config: '/etc/pgbackrest/pgbackrest.conf', superuser: 'provote' },
    archives: { place: { kind: 'directory', path: provote.backupsDir }, scheduled: 'backup_*.sql.gz' },
  });
  const workDir = join(dir, 'work');
  const platform = compose({
    workDir,
    path: PATH,
    maskingKey: null,
    secretOf: (variable) => {
      if (variable === 'PROVOTE_DATABASE_URL') return new Secret(provote.databaseUrl);
      throw new Refusal('no-such-variable', `${variable} is not set.`, 'Set it.');
    },
  });
  const actions = { ...platform.actions, 'backup.fetch': fetchBackupAction({ platform, workDir, path: PATH }) };
  const action = <N extends ActionName>(name: N) => {
    const found = (actions as Platform['actions'])[name];
    if (found === undefined) throw new Error(`no action ${name}`);
    return found as Action<Args<N>>;
  };
  const runOf = (before: Json, more: Partial<Run> = {}): Run => ({
    system,
    operation: 'op-41',
    step: 's1',
    signal: AbortSignal.timeout(240_000),
    before,
    outputs: {},
    progress: () => {},
    fence: async () => {},
    neededBy: async () => null,
    ...more,
  });
  return {
    ...bench,
    system,
    platform,
    systemWith,
    action,
    runOf,
    async backup(id) {
      const { backups } = await platform.facts(system, environment);
      const found = backups.find((backup) => backup.id === id);
      if (found === undefined) throw new Error(`no backup ${id} among ${backups.map((one) => one.id)}`);
      return found;
    },
    async prepare(name, args, more = {}) {
      const told: Progress[] = [];
      const one = action(name);
      const before = (await one.before?.(args, runOf(null, more))) ?? null;
      const run = runOf(before, { progress: (progress) => void told.push(progress), ...more });
      return {
        run,
        told,
        do: () => one.do(args, run),
        probe: () => one.probe(args, run),
        async undo() {
          if (!('run' in one.undo)) throw new Error(`${name} has no undo`);
          return await one.undo.run(args, null, run);
        },
      };
    },
  };
}

export type Twice = {
  /** What a probe can know of it. */
  found?: 'happened' | 'not_happened';
  /** It is so before anything was done. */
  already?: boolean;
};

/** The act is done twice, and asked after in between. */
export async function twice<N extends ActionName>(
  bench: PlatformBench,
  name: N,
  args: Args<N>,
  { found = 'happened', already = false, ...more }: Partial<Run> & Twice = {},
): Promise<Prepared<N> & { outcome: Outcome }> {
  const prepared = await bench.prepare(name, args, more);
  expect(await prepared.probe(), `${name} before`).toMatchObject({ is: already ? 'happened' : 'not_happened' });
  const outcome = await prepared.do();
  expect('why' in outcome ? outcome.why : 'done', name).toBe('done');
  expect(await prepared.probe(), `${name} after`).toMatchObject({ is: found });
  expect(await prepared.do(), `${name} again`).toMatchObject({ is: 'done' });
  return { ...prepared, outcome };
}
