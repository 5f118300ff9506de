// The units of the sandbox's host: real processes that are started and stopped, and that fail in systemd's ways.
import type { JournalEntry } from './journal.ts';

/** What systemd shows of a unit, in its words. */
export type UnitState = {
  ActiveState: 'active' | 'inactive' | 'failed' | 'activating' | 'deactivating';
  SubState: 'running' | 'dead' | 'failed' | 'start' | 'stop-sigterm';
  MainPID: number;
  Result: 'success' | 'exit-code' | 'signal' | 'timeout';
};

/** One process of a unit. */
export type Running = { readonly pid: number; readonly stop: () => Promise<void> };

export type UnitProgram = {
  readonly name: string;
  readonly start: () => Promise<Running>;
  readonly journal: () => Promise<JournalEntry[]>;
};

/**
 * `start-fails`: its process ends at once; `stays-activating`: its start never finishes; `stop-hangs`: it does not end;
 * `not-allowed`: whoever asks would have to give a password.
 */
export type UnitFault = 'start-fails' | 'stays-activating' | 'stop-hangs' | 'not-allowed';

export type Unit = {
  readonly name: string;
  /** False when systemctl would say that the job failed. */
  start(): Promise<boolean>;
  stop(): Promise<boolean>;
  show(): UnitState;
  journal(): Promise<JournalEntry[]>;
  fault: UnitFault | null;
  /** What stop does, also when the unit has a fault. */
  end(): Promise<void>;
};

/** Longer than anybody here waits, as TimeoutStartSec is. */
const NEVER_MS = 90_000;

export function makeUnit(program: UnitProgram): Unit {
  const said: JournalEntry[] = [];
  const say = (message: string) => said.push({ at: new Date(), who: 'systemd[1]', message });
  let running: Running | null = null;
  let settled: UnitState = { ActiveState: 'inactive', SubState: 'dead', MainPID: 0, Result: 'success' };

  const failed = (Result: UnitState['Result'], how: string) => {
    settled = { ActiveState: 'failed', SubState: 'failed', MainPID: 0, Result };
    running = null;
    say(`${program.name}.service: Failed with result '${Result}': ${how}`);
  };
  const unit: Unit = {
    name: program.name,
    fault: null,
    async start() {
      if (unit.show().ActiveState === 'active') return true;
      settled = { ActiveState: 'activating', SubState: 'start', MainPID: 0, Result: 'success' };
      say(`Starting ${program.name}.service...`);
      if (unit.fault === 'stays-activating') {
        await new Promise((resolve) => setTimeout(resolve, NEVER_MS).unref());
        // It may have been stopped meanwhile.
        if (settled.ActiveState === 'activating') failed('timeout', 'start operation timed out');
        return false;
      }
      try {
        if (unit.fault === 'start-fails') throw new Error('the process exited, status=1/FAILURE');
        running = await program.start();
      } catch (thrown) {
        failed('exit-code', String(thrown).split('\n')[0] ?? '');
        return false;
      }
      settled = { ActiveState: 'active', SubState: 'running', MainPID: running.pid, Result: 'success' };
      say(`Started ${program.name}.service.`);
      return true;
    },
    async stop() {
      if (unit.fault === 'stop-hangs' && running !== null) {
        settled = { ...settled, ActiveState: 'deactivating', SubState: 'stop-sigterm' };
        await new Promise((resolve) => setTimeout(resolve, NEVER_MS).unref());
      }
      await unit.end();
      return true;
    },
    show() {
      if (running !== null && settled.ActiveState === 'active' && !isAlive(running.pid)) {
        failed('signal', 'the main process was killed');
      }
      return settled;
    },
    async journal() {
      return [...(await program.journal()), ...said].sort((a, b) => a.at.getTime() - b.at.getTime());
    },
    async end() {
      await running?.stop();
      running = null;
      settled = { ActiveState: 'inactive', SubState: 'dead', MainPID: 0, Result: 'success' };
      say(`Stopped ${program.name}.service.`);
    },
  };
  return unit;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
