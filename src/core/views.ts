// What the answering commands show: plain data, rendered by messages/.
import type { Verb } from './command.ts';
import type { Refusal } from './errors.ts';
import type { Backup, Proof } from './facts.ts';
import type { Entry } from './journal.ts';
import type { Operation } from './operation.ts';
import type { System } from './system.ts';

export type SystemStatus = {
  readonly system: System;
  readonly open: readonly Operation[];
  readonly recent: readonly Operation[];
  readonly proof: Proof | null;
};

export type View =
  | { readonly is: 'help'; readonly about: Verb | null }
  | { readonly is: 'scenarios'; readonly system: System }
  | { readonly is: 'systems'; readonly systems: readonly System[] }
  | { readonly is: 'status'; readonly at: string; readonly systems: readonly SystemStatus[] }
  | {
      readonly is: 'backups';
      readonly at: string;
      readonly system: System;
      /** The place whose backups these are: the app's name. */
      readonly of: string;
      readonly backups: readonly Backup[];
      readonly proof: Proof | null;
    }
  /** `broken`: the first entry that does not follow from those before it, or null when the chain holds. */
  | {
      readonly is: 'audit';
      readonly operation: Operation;
      readonly entries: readonly Entry[];
      readonly broken: number | null;
    };

/** The answer to one command. */
export type Answer =
  /** `late`: the queue could not be told; the operation is stored and starts when the queue answers again. */
  | { readonly is: 'operation'; readonly operation: Operation; readonly late: boolean }
  | { readonly is: 'refused'; readonly refusal: Refusal }
  | { readonly is: 'view'; readonly view: View };
