// Moments as tired people type them: `14:40`, `20 min ago`, `2025-11-22 14:40`. Always UTC, never in the future.

import { momentOf } from '../core/moments.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Clocks of people and of this machine may differ. */
const AHEAD = 2 * MINUTE;

/** Null for what cannot be read or has not happened yet. A time without a day is the last time that it was so late. */
export function readMoment(typed: string, now: Date): string | null {
  const text = typed.trim().replace(/\s*(UTC|Z)$/i, '');
  const at = ago(text, now) ?? timeOfDay(text, now) ?? whole(text);
  if (at === null || Number.isNaN(at) || at > now.getTime() + AHEAD) return null;
  return new Date(Math.min(at, now.getTime())).toISOString();
}

function ago(text: string, now: Date): number | null {
  const [, number, unit] = /^(\d{1,4})\s*(m|min|mins|minutes?|h|hours?)(?:\s+ago)?$/i.exec(text) ?? [];
  if (number === undefined || unit === undefined) return null;
  return now.getTime() - Number(number) * MINUTE * (/^h/i.test(unit) ? 60 : 1);
}

function timeOfDay(text: string, now: Date): number | null {
  const [, hour, minute] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? [];
  if (hour === undefined || minute === undefined) return null;
  const today = Date.parse(`${now.toISOString().slice(0, 10)}T${hour.padStart(2, '0')}:${minute}:00Z`);
  return today > now.getTime() + AHEAD ? today - DAY : today;
}

function whole(text: string): number | null {
  const [, day, time] = /^(\d{4}-\d{2}-\d{2})[T ]+(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)$/.exec(text) ?? [];
  return day === undefined || time === undefined ? null : (momentOf(day, time, 'Z')?.getTime() ?? null);
}
