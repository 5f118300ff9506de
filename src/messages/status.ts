// What runs, what waits for whom, what ended lately, and the last proven restore.
import type { Proof } from '../core/facts.ts';
import type { Operation } from '../core/operation.ts';
import type { SystemStatus } from '../core/views.ts';
import { ago, clock, count, utcShort } from '../core/wording.ts';
import { context, header, inert, section } from './blocks.ts';
import { type Message, message } from './message.ts';
import { paragraphs } from './paragraphs.ts';
import { situation } from './situation.ts';
import { headlineOf } from './state-words.ts';

const MOST_SYSTEMS = 15;

/** One part per system, the open operations first. */
export function statusMessage(systems: readonly SystemStatus[], at: string): Message {
  const now = new Date(at);
  const open = systems.reduce((sum, status) => sum + status.open.length, 0);
  const left = systems.length - MOST_SYSTEMS;
  return message(
    `${count(open, 'operation')} open on ${count(systems.length, 'system')}, as of ${utcShort(at, now)}.`,
    [
      header(`${count(open, 'operation')} open`),
      ...systems.slice(0, MOST_SYSTEMS).flatMap((status) => partOf(status, now)),
      left > 0 ? section(`… and ${count(left, 'more system')}: name one with \`--system\`.`) : null,
      context(`as of ${utcShort(at, now)}`),
    ],
  );
}

function partOf({ system, open, recent, proof }: SystemStatus, now: Date) {
  const lines = [
    `*${inert(system.title, 80)}* (${inert(system.name, 60)})`,
    ...(open.length === 0 ? ['Nothing is running or waiting.'] : open.map((operation) => openLine(operation, now))),
    ...recent.map((operation) => endedLine(operation, now)),
    proofLine(proof, now),
  ];
  return paragraphs(lines, 2, (left) => `… and ${count(left, 'more line')}.`);
}

function openLine(operation: Operation, now: Date): string {
  return `• *${operation.id} ${inert(headlineOf(operation), 200)}.* ${situation(operation, now)}`;
}

function endedLine(operation: Operation, now: Date): string {
  const when = operation.endedAt === null ? '' : `, ${ago(operation.endedAt, now)} ago`;
  return `• ${operation.id} ${inert(headlineOf(operation), 200)}${when}`;
}

/** `Last proven restore: a001, 2 d ago, in 02:41 (op-38)` */
export function proofLine(proof: Proof | null, now: Date): string {
  if (proof === null) return '*Last proven restore:* never. `/dr verify --deep` proves one.';
  const { backup, at, seconds, operation } = proof;
  return `*Last proven restore:* ${inert(backup, 60)}, ${ago(at, now)} ago, in ${clock(seconds)} (${inert(operation, 20)})`;
}
