// What is wrong with the schedules and drills of a system file, as far as it can be told without reading a calendar.
import type { Drill, Schedule, ScheduledWork } from './schedule.ts';

/** The parts of a system file that schedules and drills name. */
type Named = {
  readonly environments: Readonly<Record<string, { readonly protected: boolean }>>;
  readonly contacts: Readonly<Record<string, unknown>>;
  readonly roles: Readonly<Record<string, unknown>>;
  readonly drills: Readonly<Record<string, Drill>>;
  readonly schedules: readonly Schedule[];
};

type Path = (string | number)[];
type Problem = { path: Path; message: string };

/** Every problem; whether the times can be read is for `cronProblems` to say. */
export function scheduleProblems(system: Named): Problem[] {
  return [
    ...system.schedules.flatMap((schedule, at) => {
      const path = ['schedules', at];
      return [
        ...twice(schedule, system.schedules.slice(0, at), path),
        ...bothDays(schedule, path),
        ...unknownIn(schedule.work, system, [...path, 'work']),
      ];
    }),
    ...Object.entries(system.drills).flatMap(([name, drill]) => drillProblems(drill, system, ['drills', name])),
  ];
}

function twice({ name }: Schedule, earlier: readonly Schedule[], path: Path): Problem[] {
  if (!earlier.some((one) => one.name === name)) return [];
  return [{ path: [...path, 'name'], message: `there is another schedule "${name}"` }];
}

/** Cron means either of them where both are restricted: "the first Friday" would be seven days and every Friday. */
function bothDays({ cron }: Schedule, path: Path): Problem[] {
  const [, , day, , weekday, ...more] = cron.trim().split(/\s+/);
  const at = [...path, 'cron'];
  if (day === undefined || weekday === undefined || more.length > 0) {
    return [{ path: at, message: 'must have five fields: minute, hour, day, month, weekday' }];
  }
  if (isAny(day) || isAny(weekday)) return [];
  const message = 'restricts the day of the month and the weekday, which means either; the first Friday is "* * 5#1"';
  return [{ path: at, message }];
}

function isAny(field: string): boolean {
  return field === '*' || field === '?';
}

function unknownIn(work: ScheduledWork, system: Named, path: Path): Problem[] {
  switch (work.do) {
    case 'verify':
    case 'copy':
    case 'export':
      return [];
    case 'backup':
      return work.environment === undefined ? [] : unknown('environment', work.environment, system.environments, path);
    case 'warm':
      return unknown('environment', work.environment, system.environments, path);
    case 'drill':
      return unknown('drill', work.drill, system.drills, path);
    case 'review':
      return unknown('contact', work.contact, system.contacts, path);
  }
}

function drillProblems({ participants, parts }: Drill, system: Named, path: Path): Problem[] {
  const roles = participants?.roles ?? [];
  const restores = parts.filter((part) => part.do === 'restore');
  return [
    ...roles.flatMap((role, at) => unknown('role', role, system.roles, [...path, 'participants', 'roles'], at)),
    ...parts.flatMap((part, at) => {
      if (part.do !== 'restore') return [];
      const here = [...path, 'parts', at];
      if (system.environments[part.environment]?.protected !== true) {
        return unknown('environment', part.environment, system.environments, here);
      }
      const message = `"${part.environment}" is protected: drills never touch what customers use`;
      return [{ path: [...here, 'environment'], message }];
    }),
    // An operation holds one database for itself.
    ...(restores.length > 1 ? [{ path: [...path, 'parts'], message: 'restores more than once: make two drills' }] : []),
  ];
}

function unknown(
  what: string,
  name: string,
  known: Readonly<Record<string, unknown>>,
  path: Path,
  member: string | number = what,
): Problem[] {
  if (known[name] !== undefined) return [];
  return [{ path: [...path, member], message: `there is no ${what} "${name}"` }];
}

/** `reached`: the platform offers `server`, without which no candidate can be kept beside the live database. */
export function keepWarmProblems(
  { environments }: { readonly environments: Readonly<Record<string, { readonly keepWarm: boolean }>> },
  reached: boolean,
): Problem[] {
  if (reached) return [];
  return Object.entries(environments).flatMap(([name, { keepWarm }]) => {
    const message = 'needs a platform whose PostgreSQL server Holdfast reaches itself';
    return keepWarm ? [{ path: ['environments', name, 'keepWarm'], message }] : [];
  });
}
