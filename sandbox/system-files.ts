// The sandbox's system files: the real ones of systems/, with this machine's addresses, people and channel.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { channels, groups, persons } from './slack/workspace.ts';

export type SandboxRules = {
  /** Minutes between status updates; production has 15. */
  updateMinutes: number;
  /** Seconds that logs are watched after a rollback; production has 20. */
  watchSeconds: number;
  /** How long consent is waited for. */
  expiresMinutes: number;
};

type SystemFile = {
  channel: string;
  roles: Record<string, unknown>;
  updates: { everyMinutes: number };
  logs: { watchSeconds: number };
  environments: Record<
    string,
    { health: { url: string }; consent: { kind: string; expiresMinutes?: number }; settings: { app: string } }
  >;
};

/** Writes `dir`/grayledger.yml; `webs` maps an app to the address of its web server. */
export async function writeSystemFiles(dir: string, webs: Record<string, string>, rules: SandboxRules): Promise<void> {
  await mkdir(dir, { recursive: true });
  const real = fileURLToPath(new URL('../systems/grayledger.yml', import.meta.url));
  const system = parse(await readFile(real, 'utf8')) as SystemFile;
  system.channel = channels.incidents.id;
  system.roles = {
    operator: { users: [persons.alice.id, persons.bob.id, persons.carol.id] },
    'engineering-lead': { group: groups['engineering-leads'].id },
    'product-lead': { group: groups['product-leads'].id },
  };
  system.updates.everyMinutes = rules.updateMinutes;
  system.logs.watchSeconds = rules.watchSeconds;
  for (const environment of Object.values(system.environments)) {
    environment.health.url = `${webs[environment.settings.app] ?? ''}/health`;
    if (environment.consent.kind !== 'none') environment.consent.expiresMinutes = rules.expiresMinutes;
  }
  await writeFile(join(dir, 'grayledger.yml'), stringify(system));
}
