// Help, from the one description of the grammar.
import type { Verb } from '../core/command.ts';
import { GRAMMAR } from '../core/grammar.ts';
import { code, header, section } from './blocks.ts';
import { sentence } from './inline.ts';
import { type Message, message } from './message.ts';

const GROUPS = ['Look', 'In an incident', 'Recover', 'Prepare', 'Rehearse', 'Afterwards'] as const;

/** When each command is needed. Look: changes nothing. */
const GROUP_OF: Readonly<Record<Verb, (typeof GROUPS)[number]>> = {
  status: 'Look',
  alerts: 'Look',
  systems: 'Look',
  scenarios: 'Look',
  backups: 'Look',
  verify: 'Prepare',
  backup: 'Prepare',
  copy: 'Prepare',
  export: 'Prepare',
  warm: 'Prepare',
  schedules: 'Prepare',
  incident: 'In an incident',
  assess: 'In an incident',
  checklist: 'In an incident',
  contacts: 'In an incident',
  drill: 'Rehearse',
  drills: 'Rehearse',
  report: 'Rehearse',
  restore: 'Recover',
  recover: 'Recover',
  rollback: 'Recover',
  cancel: 'Recover',
  undo: 'Afterwards',
  cleanup: 'Afterwards',
  prune: 'Afterwards',
  audit: 'Afterwards',
  help: 'Look',
};

/** The longest usage is never cut: what is behind it would be unknown. */
const USAGE = 400;

/** All commands in groups, or one of them with an example. */
export function helpMessage(about: Verb | null): Message {
  if (about !== null) return one(about);
  const groups = GROUPS.map((group) => {
    const verbs = (Object.keys(GRAMMAR) as Verb[]).filter((verb) => GROUP_OF[verb] === group);
    return section([`*${group}*`, ...verbs.map(entryOf)].join('\n'));
  });
  return message(
    'Holdfast recovers PostgreSQL systems. The commands are /dr verify, restore, rollback, undo, incident, drill, status and others.',
    [header('Commands'), ...groups, section(`One command in full: ${code('/dr help restore')}. All times are UTC.`)],
  );
}

function entryOf(verb: Verb): string {
  const { usage, does } = GRAMMAR[verb];
  return `${code(usage, USAGE)}\n${sentence(does)}`;
}

function one(verb: Verb): Message {
  const { usage, does, example } = GRAMMAR[verb];
  const lines = [code(usage, USAGE), sentence(does), `Example: ${code(example)}`];
  return message(`${sentence(does)} Example: ${code(example)}`, [section(lines.join('\n'))]);
}
