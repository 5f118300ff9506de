// The CLI's command lines, argument by argument. Whatever stands in them was checked before: nothing here quotes.
import { candidateAlias } from './candidate.ts';
import type { Settings } from './settings.ts';

export type Line = readonly string[];

const confirmed = (app: string): Line => ['--app', app, '--confirm', app];

/** Without a database named it would be the one called DATABASE. */
export const capture = ({ app, database }: Settings): Line => [
  'pg:backups:capture',
  ...(database === 'DATABASE' ? [] : [database]),
  '-a',
  app,
];

/** The source app is always written: a bare a001 would mean the *target's* own backup. */
export const restore = (from: { app: string; backup: string }, into: { app: string; as: string }): Line => [
  'pg:backups:restore',
  `${from.app}::${from.backup}`,
  into.as,
  ...confirmed(into.app),
];

/** With a moment: made by Heroku as the database was then (Dev Center, “Heroku Postgres Rollback”). */
export const createAddon = ({ app, plan, database }: Settings, candidate: string, at: string | null): Line => [
  'addons:create',
  plan,
  '--app',
  app,
  '--as',
  candidateAlias(candidate),
  '--name',
  candidate,
  ...(at === null ? [] : ['--', '--rollback', `${database}_URL`, '--to', rollbackTime(at)]),
];

/** `2025-11-22 14:30+00:00`. A part of a second is left out: to the earlier side, so that nothing later is in it. */
function rollbackTime(at: string): string {
  const [, day = '', minute = '', second = ''] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?/.exec(at) ?? [];
  return `${day} ${minute}${second === ':00' ? '' : second}+00:00`;
}

export const destroyAddon = (app: string, name: string): Line => ['addons:destroy', name, ...confirmed(app)];

export const maintenance = (app: string, on: boolean): Line => [`maintenance:${on ? 'on' : 'off'}`, '--app', app];

export const promote = ({ app, database }: Settings, name: string): Line => [
  'pg:promote',
  name,
  '--app',
  app,
  ...(database === 'DATABASE' ? [] : ['--as', database]),
];

export const scale = (app: string, process: string, quantity: number): Line => [
  'ps:scale',
  `${process}=${quantity}`,
  '--app',
  app,
];

export const rollback = (app: string, release: string): Line => ['rollback', release, '--app', app];

export const tailLogs = (app: string): Line => ['logs', '--tail', '--app', app];

/** As a person would type it. */
export const typed = (line: Line): string =>
  ['heroku', ...line].map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ');
