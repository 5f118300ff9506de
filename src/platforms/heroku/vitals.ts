// How a database at Heroku is doing, as far as `heroku pg:info` tells it: against the limits of its plan.
import type { Share, Vitals } from '../../core/vitals.ts';
import { lineOf } from './rollback-window.ts';
import type { DatabaseInfo } from './schema.ts';

/** Heroku numbers its units as PostgreSQL does: in steps of 1024. */
const UNITS: Readonly<Record<string, number>> = {
  bytes: 1,
  kB: 1024,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/** `Data Size: 8.6 MB / 64 GB`, `Connections: 12/120`. Of replicas it tells commits, no time. */
export function vitalsOf(info: DatabaseInfo | null): Vitals {
  const [size, most] = (lineOf(info, 'Data Size') ?? '').split(' / ').map(bytesIn);
  return {
    disk: diskOf(size, most, lineOf(info, 'Data Size')),
    lagSeconds: null,
    pool: poolOf(info),
    bytes: size ?? null,
  };
}

function diskOf(size: number | null | undefined, most: number | null | undefined, said: string | null): Share | null {
  if (size == null || most == null || most === 0) return null;
  return { percent: (size / most) * 100, text: `${said} of the plan` };
}

function poolOf(info: DatabaseInfo | null): Share | null {
  const [, used, most] = /^(\d+)\/(\d+)$/.exec(lineOf(info, 'Connections') ?? '') ?? [];
  if (used === undefined || most === undefined || Number(most) === 0) return null;
  return { percent: (Number(used) / Number(most)) * 100, text: `${used} of ${most} connections of the plan` };
}

function bytesIn(said: string): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ([A-Za-z]+)\b/.exec(said) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  return factor === undefined ? null : Number(number) * factor;
}
