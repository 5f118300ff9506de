// For whom a candidate is built: kept in its mark, and compared before it is taken for the one that is wanted.
import type { Backup, Built, Server } from './facts.ts';
import { sha256 } from './json.ts';
import type { System } from './system.ts';

export type Warm = Server['warm'][number];

/** The candidate that stands ready for this environment as it is set up now, and holds this very backup. */
export function warmFor(server: Server | null, system: System, environment: string, backup: Backup): Warm | undefined {
  return standingFor(server, system, environment).find((kept) => holds(kept, backup));
}

/** Every candidate that stands ready for this environment as it is set up now, whatever backup it holds. */
export function standingFor(server: Server | null, system: System, environment: string): Warm[] {
  return (server?.warm ?? []).filter(({ built }) => isFor(built, system, environment));
}

/** A digest of the rules by which an environment is masked now; null where personal data may stand. */
export function maskedBy({ environments, masking }: System, environment: string): string | null {
  return environments[environment]?.masked === true ? sha256(masking ?? null) : null;
}

export function builtFor(system: System, environment: string, { bytes, finishedAt }: Backup): Built {
  return { system: system.name, environment, masked: maskedBy(system, environment), bytes, finishedAt };
}

/** Whether it may stand in this environment as it is set up now. */
export function isFor(built: Built, system: System, environment: string): boolean {
  const { masked } = built;
  return built.system === system.name && built.environment === environment && masked === maskedBy(system, environment);
}

/**
 * Whether it holds this very backup: a file may have been written over under its name.
 * @internal
 */
export function holds(
  {
    backup: id,
    sha256: sum,
    built,
  }: { readonly backup: string; readonly sha256: string | null; readonly built: Built },
  backup: Backup,
): boolean {
  if (id !== backup.id) return false;
  if (sum !== null && backup.sha256 !== null) return sum === backup.sha256;
  return built.bytes !== null && built.bytes === backup.bytes && built.finishedAt === backup.finishedAt;
}
