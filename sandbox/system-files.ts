// The sandbox's system file: the real one of systems/, with this machine's addresses, people and channel.
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
  /** Minutes between two looks at the backups; production has 15. */
  watchMinutes: number;
  /** What runs by itself; by default nothing does. */
  schedules: readonly Readonly<Record<string, unknown>>[];
  /** Put over the rules for incidents. */
  incidents: Readonly<Record<string, unknown>>;
};

/** What stands in a system file for this machine, by environment. */
export type Addresses = {
  readonly health: Readonly<Record<string, string>>;
  /** Take the place of settings of the same name. */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Put before the path of every smoke test. */
  readonly smoke?: Readonly<Record<string, string>>;
};

type SystemFile = {
  channel: string;
  roles: Record<string, unknown>;
  operators: string[];
  updates: { everyMinutes: number };
  logs: { watchSeconds: number };
  contacts?: Record<string, { users?: string[] }>;
  incidents?: Record<string, unknown>;
  schedules?: unknown;
  watch?: Record<string, unknown>;
  environments: Record<string, Environment>;
};
type Environment = {
  health: { url: string };
  smoke?: { url: string }[];
  consent: { kind: string; expiresMinutes?: number; roles?: string[] };
  settings: Record<string, unknown>;
};

/** Writes `dir`/`system`.yml. The operators are alice, bob and carol; bob and carol hold the first two approving roles. */
export async function writeSystemFile(
  dir: string,
  system: string,
  addresses: Addresses,
  rules: SandboxRules,
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const real = fileURLToPath(new URL(`../systems/${system}.yml`, import.meta.url));
  const file = parse(await readFile(real, 'utf8')) as SystemFile;
  file.channel = channels.incidents.id;
  file.roles = rolesOf(file);
  file.operators = ['operator'];
  file.updates.everyMinutes = rules.updateMinutes;
  file.logs.watchSeconds = rules.watchSeconds;
  file.schedules = rules.schedules;
  file.watch = { ...file.watch, everyMinutes: rules.watchMinutes };
  file.incidents = { ...file.incidents, ...rules.incidents };
  for (const contact of Object.values(file.contacts ?? {})) {
    if (contact.users !== undefined) contact.users = contact.users.map(personOf);
  }
  for (const [name, environment] of Object.entries(file.environments)) {
    environment.health.url = addresses.health[name] ?? environment.health.url;
    environment.settings = { ...environment.settings, ...addresses.settings[name] };
    if (environment.consent.kind !== 'none') environment.consent.expiresMinutes = rules.expiresMinutes;
    const base = addresses.smoke?.[name];
    for (const test of environment.smoke ?? []) {
      if (base !== undefined) test.url = new URL(new URL(test.url).pathname, base).href;
    }
  }
  await writeFile(join(dir, `${system}.yml`), stringify(file));
}

/** The n-th placeholder is the n-th person of the sandbox. */
function personOf(placeholder: string): string {
  const at = Number(/\d+$/.exec(placeholder)?.[0] ?? 1) - 1;
  return Object.values(persons)[at]?.id ?? persons.alice.id;
}

/** Roles that approve nothing are held by those who may ask. */
function rolesOf({ environments, roles }: SystemFile): Record<string, unknown> {
  const approving = Object.values(environments).flatMap(({ consent }) => consent.roles ?? []);
  const [first, second] = [...new Set(approving)];
  const asking = { users: [persons.alice.id, persons.bob.id, persons.carol.id] };
  return {
    ...Object.fromEntries(Object.keys(roles).map((name) => [name, asking])),
    operator: asking,
    ...(first === undefined ? {} : { [first]: { group: groups['engineering-leads'].id } }),
    ...(second === undefined ? {} : { [second]: { group: groups['product-leads'].id } }),
  };
}
