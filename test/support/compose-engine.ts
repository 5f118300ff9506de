// A real Docker engine with provote on it, and the compose platform's hands on both.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Engine as SandboxEngine, startEngine } from '../../sandbox/compose/engine.ts';
import { buildImages } from '../../sandbox/compose/images/build.ts';
import { type Provote, startProvote } from '../../sandbox/compose/provote/start.ts';
import { type Compose, openCompose } from '../../src/platforms/compose/compose-cli.ts';
import { type Engine, openEngine } from '../../src/platforms/compose/engine.ts';
import type { EngineAddress, Project } from '../../src/platforms/compose/settings.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin';

export type Bench = {
  readonly sandbox: SandboxEngine;
  readonly provote: Provote;
  readonly settings: Project;
  /** A directory of the test's own. */
  readonly dir: string;
  openEngine(options?: { engine?: EngineAddress; path?: string }): Promise<Engine>;
  openCompose(options?: { path?: string; settings?: Partial<Project> }): Promise<Compose>;
  /** Moves a directory with an executable program before the PATH. */
  pathWith(program: string, script: string): Promise<string>;
  stop(): Promise<void>;
};

/** Brings everything up; what was started is stopped again when something does not start. */
export async function startBench(): Promise<Bench> {
  const sandbox = await startEngine();
  const dir = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  const stop = async () => {
    await sandbox.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    await buildImages(sandbox);
    const provote = await startProvote(sandbox);
    const settings = { project: provote.project, directory: provote.dir, files: [provote.composeFile] };
    let homes = 0;
    const open: Bench['openEngine'] = ({ engine = sandbox.host, path = PATH } = {}) => {
      homes += 1;
      return openEngine({ engine, path, home: join(dir, `home-${homes}`) });
    };
    return {
      sandbox,
      provote,
      settings,
      dir,
      openEngine: open,
      openCompose: async ({ path = PATH, settings: other = {} } = {}) =>
        openCompose(await open({ path }), { ...settings, ...other }, AbortSignal.timeout(60_000)),
      pathWith: (program, script) => pathWith(dir, program, script),
      async stop() {
        await provote.stop();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function pathWith(dir: string, program: string, script: string): Promise<string> {
  const bin = await mkdtemp(join(dir, 'bin-'));
  await writeFile(join(bin, program), script);
  await chmod(join(bin, program), 0o755);
  return `${bin}:${PATH}`;
}
