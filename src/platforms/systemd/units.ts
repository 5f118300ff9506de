// The units of systemd on a host: what systemctl and journalctl are asked, and what their answers mean.
import { z } from 'zod';
import { Fault, Refusal } from '../../core/errors.ts';
import { list } from '../../core/wording.ts';
import { sleep } from '../../lib/clock.ts';
import type { Ran } from '../../lib/exec.ts';
import type { Host } from '../../lib/host.ts';

/** `postgresql`, `postgresql@15-main.service`: a name that can be no option and no pattern. */
export const UnitName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:_.@-]{0,200}$/, 'the name of a systemd unit');
export type UnitName = z.infer<typeof UnitName>;

/** What systemd says of a unit, in its own words; only what is needed. */
export type UnitState = {
  readonly unit: UnitName;
  /** "loaded", "not-found", "masked" */
  readonly load: string;
  /** "active", "inactive", "failed", "activating", "deactivating" */
  readonly active: string;
  /** "running", "exited", "dead", "auto-restart" */
  readonly sub: string;
  /** 0 when it has no process, as Debian's umbrella unit `postgresql` never has. */
  readonly mainPid: number;
  /** "success", "exit-code", "signal", "timeout", "oom-kill" */
  readonly result: string;
};

export type Units = {
  readonly host: Host;
  /** Whether systemctl and journalctl need `sudo -n` there. */
  readonly sudo: boolean;
};

export type UnitOptions = {
  readonly signal: AbortSignal;
  /** How long one unit is given to come up or to end, systemd's own TimeoutStartSec included. Default: 100. */
  readonly patienceSeconds?: number;
};

const PROPERTIES = ['LoadState', 'ActiveState', 'SubState', 'MainPID', 'Result'];
const PATIENCE_SECONDS = 100;
const ANSWER_MS = 30_000;
const POLL_MS = 500;

/** Asks what they are doing. One that systemd does not know is `not-found`; Fault when systemd does not answer. */
export async function readUnits(units: Units, names: readonly UnitName[], signal: AbortSignal): Promise<UnitState[]> {
  if (names.length === 0) return [];
  const args = [
    'show',
    `--property=${PROPERTIES.join(',')}`,
    '--no-pager',
    '--',
    ...names.map((one) => UnitName.parse(one)),
  ];
  const ran = await ask(units, 'systemctl', args, { signal, timeoutMs: ANSWER_MS });
  const activity = `reading the state of ${list(names)} on ${units.host.name}`;
  if (ran.code !== 0) throw new Fault(activity, { cause: new Error(reasonIn(ran)) });
  // One paragraph for each, in the order in which they were named.
  const said = ran.stdout.trim().split(/\n\n+/);
  return names.map((unit, index) => stateIn(said[index] ?? '', unit, activity));
}

/**
 * Starts them in this order, each only when the one before it is up. What is up already stays as it is. Returns what was
 * read back; a Refusal when a unit is not there, Fault when it does not come up, with the end of its journal.
 */
export async function startUnits(units: Units, names: readonly UnitName[], options: UnitOptions): Promise<UnitState[]> {
  const states: UnitState[] = [];
  for (const name of names) states.push(await bring(units, 'start', UnitName.parse(name), options));
  return states;
}

/** Stops them in this order, each only when the one before it has ended; otherwise like `startUnits`. */
export async function stopUnits(units: Units, names: readonly UnitName[], options: UnitOptions): Promise<UnitState[]> {
  const states: UnitState[] = [];
  for (const name of names) states.push(await bring(units, 'stop', UnitName.parse(name), options));
  return states;
}

/** Up: an umbrella or one-shot unit has no process, and has ended when it is up. */
export function isUp({ active, sub, mainPid }: UnitState): boolean {
  return active === 'active' && (sub === 'exited' || mainPid > 0);
}

/** Ended: also after a failure, because then nothing of it runs any more either. */
export function hasEnded({ active, mainPid }: UnitState): boolean {
  return (active === 'inactive' || active === 'failed') && mainPid === 0;
}

/** The last lines that a unit has logged since a moment, at most `lines` of them. */
export async function readJournal(
  units: Units,
  asked: { readonly unit: UnitName; readonly since: string; readonly lines: number },
  signal: AbortSignal,
): Promise<string[]> {
  const unit = UnitName.parse(asked.unit);
  const since = Math.floor(Date.parse(asked.since) / 1000);
  const args = [
    `--unit=${unit}`,
    `--since=@${since}`,
    `--lines=${asked.lines}`,
    '--no-pager',
    '--output=short-iso',
    '--utc',
  ];
  const ran = await ask(units, 'journalctl', args, { signal, timeoutMs: ANSWER_MS });
  if (ran.code !== 0) throw new Fault(`reading the journal of ${unit}`, { cause: new Error(reasonIn(ran)) });
  // "-- No entries --", "-- Boot … --"
  return ran.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('-- '));
}

async function bring(units: Units, verb: 'start' | 'stop', name: UnitName, options: UnitOptions): Promise<UnitState> {
  const { signal, patienceSeconds = PATIENCE_SECONDS } = options;
  const isThere = verb === 'start' ? isUp : hasEnded;
  const before = await readUnit(units, name, signal);
  if (before.load !== 'loaded') throw notLoaded(units.host, before);
  if (isThere(before)) return before;
  const began = Date.now();
  const ran = await ask(units, 'systemctl', [verb, '--no-ask-password', '--', name], {
    signal,
    timeoutMs: patienceSeconds * 1000,
  });
  if (ran.code !== 0 && !ran.timedOut && reasonIn(ran).includes('uthenti')) throw notAllowed(units.host, verb, name);
  // The exit code is no evidence: a unit can be up although the command was cut off, and die although it said nothing.
  for (;;) {
    const state = await readUnit(units, name, signal);
    if (isThere(state)) return state;
    const isRefused = ran.code !== 0 && !ran.timedOut && !isOnItsWay(state);
    const isLate = Date.now() - began > patienceSeconds * 1000;
    if (isRefused || isLate || state.active === 'failed')
      throw await stuck(units, verb, state, new Date(began), ran, signal);
    await sleep(POLL_MS, signal);
  }
}

function isOnItsWay({ active, sub }: UnitState): boolean {
  return active.endsWith('ing') || sub === 'auto-restart';
}

async function readUnit(units: Units, unit: UnitName, signal: AbortSignal): Promise<UnitState> {
  const [state] = await readUnits(units, [unit], signal);
  if (state === undefined) throw new Fault(`reading the state of ${unit}`);
  return state;
}

function stateIn(paragraph: string, unit: UnitName, activity: string): UnitState {
  const [load, active, sub, mainPid, result] = PROPERTIES.map(
    (property) => new RegExp(`^${property}=(.*)$`, 'm').exec(paragraph)?.[1],
  );
  if (load === undefined || active === undefined || sub === undefined) {
    throw new Fault(`${activity}: systemctl has not said it`);
  }
  return { unit, load, active, sub, mainPid: Number(mainPid ?? 0), result: result ?? '' };
}

async function ask(
  { host, sudo }: Units,
  program: string,
  args: readonly string[],
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<Ran> {
  const [file, argv] = sudo ? ['sudo', ['-n', program, ...args]] : [program, args];
  const ran = await host.run(file, argv, { ...options, maxBuffer: 200_000 });
  options.signal.throwIfAborted();
  return ran;
}

async function stuck(units: Units, verb: string, state: UnitState, since: Date, ran: Ran, signal: AbortSignal) {
  const { unit, active, sub, result } = state;
  const asked = { unit, since: since.toISOString(), lines: 5 };
  const journal = await readJournal(units, asked, signal).catch(() => []);
  const said = [...journal, ran.code === 0 ? '' : reasonIn(ran)].filter((line) => line !== '').join(' | ');
  const cause = new Error(`it is ${active} (${sub}, ${result})${said === '' ? '' : `: ${said}`}`);
  return new Fault(`${verb === 'start' ? 'starting' : 'stopping'} ${unit} on ${units.host.name}`, { cause });
}

function reasonIn({ stderr, stdout, code, timedOut }: Ran): string {
  if (timedOut) return 'systemd did not answer in time';
  return (stderr.trim() || stdout.trim()).split('\n')[0] ?? `it ended with exit code ${code}`;
}

function notLoaded(host: Host, { unit, load }: UnitState): Refusal {
  return new Refusal(
    'unit-not-loaded',
    `systemd on ${host.name} has no unit ${unit} that it can start (${load}).`,
    `Compare the name with what "systemctl list-units --all" shows there, and mend the system's file.`,
  );
}

function notAllowed(host: Host, verb: string, unit: UnitName): Refusal {
  return new Refusal(
    'unit-not-allowed',
    `We may not ${verb} ${unit} on ${host.name}.`,
    `Allow it there with a line in /etc/sudoers.d (NOPASSWD: /usr/bin/systemctl ${verb} -- ${unit}), and set sudo: true.`,
  );
}
