// What the actions of this room work with: one environment's project on its engine.
import { join } from 'node:path';
import { Refusal } from '../../core/errors.ts';
import type { System } from '../../core/system.ts';
import type { SshClient } from '../../lib/ssh-client.ts';
import type { DirectOptions } from '../direct/reach.ts';
import { readSettings } from '../direct/settings.ts';
import { type Compose, openCompose } from './compose-cli.ts';
import { type Container, containersOf } from './containers.ts';
import { type Engine, openEngine } from './engine.ts';
import { Project, Settings } from './settings.ts';

export type Hands = {
  readonly settings: Settings;
  readonly engine: Engine;
  /** Refuses when Compose is missing, or cannot read the project's files. */
  open(signal: AbortSignal): Promise<Compose>;
  /** All containers of the project, without Compose: quicker, and also where its files are broken. */
  containers(signal: AbortSignal): Promise<Container[]>;
};

/** Throws Refusal for settings that are wrong. */
export type HandsOn = (system: System, environment: string) => Promise<Hands>;

/** Nothing is contacted before it is asked. */
export function createHands({ workDir, path }: Pick<DirectOptions, 'workDir' | 'path'>): HandsOn {
  const engines = new Map<string, Promise<Engine>>();
  const home = join(workDir, 'compose-home');

  return async (system, environment) => {
    const settings = readSettings(Settings, system, environment);
    const { project, directory, files, envFile } = settings;
    const key = JSON.stringify(settings.engine);
    const opening = engines.get(key) ?? openEngine({ engine: settings.engine, path, home });
    engines.set(key, opening);
    const engine = await opening;
    const named = Project.parse({ project, directory, files, ...(envFile === undefined ? {} : { envFile }) });
    return {
      settings,
      engine,
      open: (signal) => openCompose(engine, named, signal),
      containers: (signal) => containersOf(engine, project, signal),
    };
  };
}

/** The client with which an engine's machine is reached; null for the engine of this one. */
export function sshClientOf({ engine }: Settings, path: string): SshClient | null {
  if (typeof engine === 'string') return null;
  const { socket: _, ...address } = engine;
  return { address, path, refuse: (...why) => new Refusal(...why) };
}
