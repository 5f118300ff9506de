// Help, from the one description of the grammar.
import { GRAMMAR, type Verb } from '../core/command.ts';
import { code, header, section } from './blocks.ts';
import { sentence } from './inline.ts';
import { type Message, message } from './message.ts';

const GROUPS = ['Look', 'Prepare', 'Recover', 'Afterwards'] as const;

/** When each command is needed. Look: changes nothing. */
const GROUP_OF: Readonly<Record<Verb, (typeof GROUPS)[number]>> = {
  status: 'Look',
  systems: 'Look',
  scenarios: 'Look',
  backups: 'Look',
  verify: 'Prepare',
  backup: 'Prepare',
  warm: 'Prepare',
  restore: 'Recover',
  recover: 'Recover',
  rollback: 'Recover',
  cancel: 'Recover',
  undo: 'Afterwards',
  cleanup: 'Afterwards',
  audit: 'Afterwards',
  help: 'Look',
};

/** All commands in groups, or one of them with an example. */
export function helpMessage(about: Verb | null): Message {
  if (about !== null) return one(about);
  const groups = GROUPS.map((group) => {
    const verbs = (Object.keys(GRAMMAR) as Verb[]).filter((verb) => GROUP_OF[verb] === group);
    return section([`*${group}*`, ...verbs.map(entryOf)].join('\n'));
  });
  return message(
    'Holdfast recovers PostgreSQL systems. The commands are /dr verify, restore, rollback, undo, status and others.',
    [header('Commands'), ...groups, section(`One command in full: ${code('/dr help restore')}. All times are UTC.`)],
  );
}

function entryOf(verb: Verb): string {
  const { usage, does } = GRAMMAR[verb];
  return `${code(usage)}\n${sentence(does)}`;
}

function one(verb: Verb): Message {
  const { usage, does, example } = GRAMMAR[verb];
  const lines = [`${code(usage)}`, sentence(does), `Example: ${code(example)}`];
  return message(`${sentence(does)} Example: ${code(example)}`, [section(lines.join('\n'))]);
}
