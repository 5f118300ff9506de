// Whether the newest copy out of the house is there, and young enough (S14, P13).
import type { Finding } from '../core/alert.ts';
import type { Offsite } from '../core/facts.ts';
import type { System } from '../core/system.ts';
import { utc } from '../core/wording.ts';
import { reasonIn, remedyOf } from './finding.ts';
import type { Looked } from './vital-findings.ts';

const HOUR = 3_600_000;

/** `offsite` is null where no such place is named. Of one that cannot be read nothing else can be said, nor that it is over. */
export function offsiteFindings(system: System, offsite: Offsite | null, now: Date): Looked {
  if (offsite === null) return { kinds: ['offsite'], findings: [] };
  const finding = { kind: 'offsite' as const, environment: system.backups.of, severity: 'warning' as const };
  const { name, copies, problem } = offsite;
  if (problem !== null) {
    const text = `The copies out of the house, at ${name}, could not be read: ${reasonIn(problem)}.`;
    const unread: Finding = { ...finding, about: 'place', text, remedy: remedyOf(system, 'backups --retention') };
    return { kinds: [], findings: [unread] };
  }
  const text = oldIn(copies, name, system.backups.offsiteMaxAgeHours, now);
  const old: Finding[] = text === null ? [] : [{ ...finding, about: '', text, remedy: remedyOf(system, 'copy') }];
  return { kinds: ['offsite'], findings: old };
}

/** By the backup that was copied: a copy made today of old data is old. Null when one is young enough. */
function oldIn(copies: Offsite['copies'], place: string, limitHours: number, now: Date): string | null {
  const [newest] = copies
    .filter(({ state }) => state === 'finished')
    .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
  if (newest === undefined) return `There is no copy out of the house, at ${place}.`;
  if (now.getTime() - Date.parse(newest.startedAt) <= limitHours * HOUR) return null;
  return `The newest copy out of the house is of ${newest.of}, begun ${utc(newest.startedAt)}; it may be ${limitHours} h old.`;
}
