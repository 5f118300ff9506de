// What the use cases stand on: handed in by the composition root.
import type { CommandStore, OperationStore, People, Queue, Systems } from '../core/ports.ts';
import type { Runbooks } from '../core/runbook.ts';

export type Log = {
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
};

export type Deps = {
  readonly commands: CommandStore;
  readonly operations: OperationStore;
  readonly queue: Queue;
  readonly people: People;
  readonly systems: Systems;
  readonly runbooks: Runbooks;
  readonly log: Log;
};
