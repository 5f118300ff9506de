// The contracts of everything outside that the use cases need: store, queue, people, and the reading of facts.
import type { Actions } from './action.ts';
import type { Facts, Offsite, Proof } from './facts.ts';
import type { Entry, Event } from './journal.ts';
import type { Operation } from './operation.ts';
import type { Plan } from './plan.ts';
import type { FactsOptions, Platform } from './platform.ts';
import type { SecondFactor } from './second-factor.ts';
import type { Role, System } from './system.ts';

/** A slash command as it came in; `key` is equal for two deliveries of the same request. */
export type Intake = {
  readonly key: string;
  readonly text: string;
  readonly user: string;
  readonly channel: string;
  readonly team: string;
};

/** How a command was answered: planned as an operation, refused with a sentence, or simply shown. */
export type AnswerRecord =
  | { readonly is: 'operation'; readonly operation: string }
  | { readonly is: 'refused'; readonly text: string }
  | { readonly is: 'shown' };

/** A committed command; `answer` is null while nobody has answered it yet. */
export type Accepted = {
  readonly id: string;
  readonly intake: Intake;
  readonly receivedAt: string;
  readonly answer: AnswerRecord | null;
};

export interface CommandStore {
  /** Commits the command before it is acknowledged (I1). `first` is false when this request was here before. */
  accept(intake: Intake): Promise<{ readonly first: boolean; readonly accepted: Accepted }>;
  /** Takes a command to answer it; null when it is answered or somebody else is at it. The claim lapses after `seconds`. */
  claim(id: string, seconds: number): Promise<Accepted | null>;
  answer(id: string, answer: AnswerRecord): Promise<void>;
  /** Commands older than 10 s that nobody has answered and nobody is at: their process died after the commit. */
  unanswered(): Promise<readonly Accepted[]>;
}

/** Permission to write for one worker: every write with an older token is refused. */
export type Lease = { readonly operation: string; readonly token: number };

export interface OperationStore {
  /** The next `op-41`; never given twice. */
  nextId(): Promise<string>;
  /**
   * Stores the plan with its first entry. A command leads to one operation: when this one has one already, that is returned
   * (the process may have died between planning and answering). Throws Refusal `busy` when another operation that has not
   * ended changes the database of the target.
   */
  create(plan: Plan, asked: { readonly by: string; readonly command: string }): Promise<Operation>;
  load(id: string): Promise<Operation | null>;
  journal(id: string): Promise<readonly Entry[]>;
  /**
   * Appends what `decide` returns for the operation as it is now, under a lock, at the database's time.
   * With a lease, throws LeaseLost when it is no longer ours. What `decide` throws is thrown and nothing is written.
   */
  change(id: string, decide: (operation: Operation, now: Date) => readonly Event[], lease?: Lease): Promise<Operation>;
  /** Takes the operation for one worker; null while another one has it. */
  claim(id: string, worker: string, seconds: number): Promise<Lease | null>;
  /** Prolongs the lease. Throws LeaseLost. */
  renew(lease: Lease, seconds: number): Promise<void>;
  release(lease: Lease): Promise<void>;
  /** Operations on which a worker has something to do and none is at it. */
  due(): Promise<readonly string[]>;
  /** Operations whose waiting for consent has run out. */
  expired(): Promise<readonly string[]>;
  /** Not ended, oldest first. */
  open(system: string | null): Promise<readonly Operation[]>;
  /** Ended lately, newest first. */
  recent(system: string | null, limit: number): Promise<readonly Operation[]>;
  /** Proofs since `from` and before `to`, oldest first. */
  proofs(system: string, from: string, to: string): Promise<readonly Proof[]>;
  /** The newest proof, of a given backup or of any. */
  lastProof(system: string, backup: string | null): Promise<Proof | null>;
  /** Median seconds that a step of this action took in this system when it succeeded; null when it never did. */
  usualSeconds(system: string, action: string): Promise<number | null>;
}

/**
 * What is told in Slack about a subject, by reference: it is composed when it is sent. A subject is an operation (`op-41`), an
 * incident (`inc-7`), an alert (`al-12`) or a report (`rep-3`).
 * `card`: the one root message, edited in place. `note`: a reply in its thread about the journal entry `seq`.
 * `update`: the status update of a period (the n-th interval since the beginning, or the last one), posted to the channel.
 * `files`: what is uploaded, with a sentence.
 */
export type Telling =
  | { readonly kind: 'card' }
  | { readonly kind: 'note'; readonly seq: number }
  | { readonly kind: 'update'; readonly period: number | 'last' }
  | { readonly kind: 'files' };

/** Which tellings follow from new journal entries. Called inside the transaction that appends them, so that none is lost. */
export type Narrate = (operation: Operation, entries: readonly Entry[]) => readonly Telling[];

export type OutboxItem = {
  readonly id: string;
  readonly subject: string;
  readonly telling: Telling;
  readonly attempts: number;
  /** Where the subject's card stands, once it was posted. */
  readonly card: { readonly channel: string; readonly ts: string } | null;
  /** A former attempt began and nobody knows whether it arrived (the process died, the reply was lost). */
  readonly uncertain: boolean;
};

export interface Outbox {
  /** Adds a telling unless it is there already (same subject, kind and seq or period). */
  add(subject: string, telling: Telling): Promise<void>;
  /** Takes what is due, oldest first, marking it as begun. A card becomes due at most once every 3 seconds, with the newest state. */
  take(limit: number): Promise<readonly OutboxItem[]>;
  /** It arrived. For a card also remembers where, and that it shows the journal up to `seq`. */
  sent(id: string, message: { readonly channel: string; readonly ts: string; readonly seq: number }): Promise<void>;
  /** It certainly did not arrive: try again after `seconds`. */
  retry(id: string, seconds: number, why: string): Promise<void>;
  /** It will not be tried again, with the reason. */
  drop(id: string, why: string): Promise<void>;
  /** The card's message is gone: the next one is posted anew. */
  forgetCard(subject: string): Promise<void>;
  /** Where the subject's card stands; null while it was not posted. */
  cardOf(subject: string): Promise<{ readonly channel: string; readonly ts: string } | null>;
}

/** Whose workers are woken: what people wait for never stands behind what runs by itself. */
export type Lane = 'people' | 'scheduled';

/** The queue wakes workers; it is never the truth. */
export interface Queue {
  /** Throws when the queue cannot be reached; the sweeper will find the operation then. */
  wake(operation: string, lane: Lane): Promise<void>;
}

/** Who holds a role now. Throws when that cannot be found out: uncertain means no. */
export interface People {
  holders(role: Role): Promise<readonly string[]>;
}

/** One kind of what an approval can take beside the click. */
export interface Factor {
  /** Those who have a key: nobody else can give it. Throws when the keys cannot be read. */
  keyed(): Promise<ReadonlySet<string>>;
  /** Throws when it cannot be found out. `used`: it has counted. `late`: it was asked for too long ago. `locked`: too many were wrong. */
  judge(given: Given): Promise<'right' | 'wrong' | 'used' | 'late' | 'locked'>;
}

/** `text`: what is approved, as the dialog told it at `shownAt` (ISO 8601); a signature is one of this text. */
export type Given = {
  readonly person: string;
  readonly typed: string;
  readonly text: string;
  readonly shownAt: string;
  readonly now: Date;
};

export type Factors = Readonly<Record<SecondFactor, Factor>>;

/** What keeps a code from counting twice and from being guessed, whichever process is asked. */
export interface CodeStore {
  /** Counts a try before it is judged; resolves to how many there were within the last quarter of an hour, this one included. */
  tried(person: string): Promise<number>;
  /** Takes the step of time that a code belongs to; false when it, or a later one, was taken already. */
  spend(person: string, step: number): Promise<boolean>;
}

export interface Systems {
  readonly all: readonly System[];
  platformOf(system: System): Platform;
  actionsOf(system: System): Actions;
  /** Reads facts of the environments; surveys those in `survey`, counting rows written since `since`. */
  facts(system: System, environments: readonly string[], options?: FactsOptions): Promise<Facts>;
  survey(system: System, facts: Facts, environments: readonly string[], since: string | null): Promise<Facts>;
  /** The same facts, with what an operation has left for undo where the server does not tell it. */
  leftBy(system: System, facts: Facts, operation: Operation): Promise<Facts>;
  /** The copies of an environment's backups out of the house; null where no such place is named. Never throws because it is away. */
  offsite(system: System, environment: string): Promise<Offsite | null>;
}
