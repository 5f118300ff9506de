// What a person typed after /dr, parsed: every outcome is a value, and what is no command is refused with what to do next.
import type { z } from 'zod';
import {
  BackupChoice,
  type IncidentCommand,
  type OneTable,
  type OperationCommand,
  type QueryCommand,
  ReleaseChoice,
  ReportChoice,
  type Verb,
} from './command.ts';
import { Refusal } from './errors.ts';
import { LONGEST, POSITIONAL, VERBS } from './grammar.ts';
import { CHECKLISTS, type Level } from './incident-rules.ts';
import { AlertId, Identifier, IncidentId, OperationId, Slug } from './names.ts';
import { misuse, moment, quote, splitWords, unknownVerb, word, wordsIn } from './typed-words.ts';

export type Parsed =
  | { is: 'operation'; command: OperationCommand }
  | { is: 'query'; command: QueryCommand }
  | { is: 'incident'; command: IncidentCommand }
  | { is: 'help'; about: Verb | null }
  | { is: 'refused'; refusal: Refusal };

/** Parses the text after `/dr`. Every outcome is returned, none is thrown. The text is hostile: it is matched, never interpreted. */
export function parseCommand(text: string): Parsed {
  try {
    return parse(text);
  } catch (thrown) {
    if (thrown instanceof Refusal) return { is: 'refused', refusal: thrown };
    throw thrown;
  }
}

function parse(text: string): Parsed {
  if (text.length > LONGEST) {
    throw new Refusal('too-long', `A command has at most ${LONGEST} characters.`, 'See `/dr help`.');
  }
  if (/[\p{Cc}\p{Cf}]/u.test(text)) {
    throw new Refusal('unprintable', 'The command contains characters that cannot be seen.', 'Type it by hand.');
  }
  const [typed, ...words] = wordsIn(text);
  if (typed === undefined) return { is: 'help', about: null };
  const verb = VERBS.find((known) => known === typed.toLowerCase());
  if (verb === undefined) throw unknownVerb(typed);
  const { positional, flags } = splitWords(verb, words);
  if (flags.has('--help')) return { is: 'help', about: verb };
  return build(verb, positional, flags);
}

function build(verb: Verb, positional: readonly string[], flags: ReadonlyMap<string, string>): Parsed {
  const [first, second] = positional;
  const surplus = positional[POSITIONAL[verb] ?? 0];
  if (surplus !== undefined) throw misuse(verb, `I do not know what to do with ${quote(surplus)}.`);
  const system = flags.get('--system');
  const scope = { system: system === undefined ? null : word(verb, 'system', system, Slug) };
  switch (verb) {
    case 'verify':
      return operation({ verb, ...scope, backup: backup(verb, first ?? 'latest'), deep: flags.has('--deep') });
    case 'backup':
      return operation({
        verb,
        ...scope,
        environment: first === undefined ? null : word(verb, 'environment', first, Slug),
        keep: flags.has('--keep'),
      });
    case 'restore':
      return operation({
        verb,
        ...scope,
        environment: word(verb, 'environment', first, Slug),
        ...whatToRestore(verb, second, flags),
      });
    case 'warm':
      return operation({
        verb,
        ...scope,
        environment: word(verb, 'environment', first, Slug),
        backup: backup(verb, second ?? 'latest'),
      });
    case 'rollback':
      return operation({ verb, ...scope, release: word(verb, 'release', first, ReleaseChoice) });
    case 'recover':
      if (first === undefined) return query({ verb: 'scenarios', ...scope });
      return operation({
        verb,
        ...scope,
        scenario: word(verb, 'scenario', first, Slug),
        backup: second === undefined ? null : backup(verb, second),
        at: moment(verb, flags.get('--at')),
        table: oneTable(verb, flags),
      });
    case 'undo':
    case 'cleanup':
      return operation({ verb, operation: word(verb, 'operation', first, OperationId) });
    case 'cancel':
    case 'audit':
      return query({ verb, operation: word(verb, 'operation', first, OperationId) });
    case 'drill':
      if (first === undefined) return query({ verb: 'drills', ...scope });
      return operation({ verb, ...scope, drill: word(verb, 'drill', first, Slug) });
    case 'copy':
      return operation({ verb, ...scope, backup: backup(verb, first ?? 'latest') });
    case 'prune':
    case 'export':
      return operation({ verb, ...scope });
    case 'incident':
      return { is: 'incident', command: incident(positional, flags, scope) };
    case 'assess':
      return { is: 'incident', command: { verb, do: 'assess', ...scope } };
    case 'checklist': {
      const named = CHECKLISTS.find((known) => known === first);
      if (named === undefined) throw misuse(verb, 'Which one: `pre`, `during` or `post`?');
      return { is: 'incident', command: { verb, do: 'checklist', ...scope, incident: incidentIn(flags), list: named } };
    }
    case 'report':
      return query({ verb, ...scope, of: first === undefined ? null : word(verb, 'report', first, ReportChoice) });
    case 'backups':
      return query({ verb, ...scope, retention: flags.has('--retention') });
    case 'drills':
    case 'schedules':
    case 'contacts':
    case 'alerts':
    case 'status':
    case 'scenarios':
      return query({ verb, ...scope });
    case 'systems':
      return query({ verb });
    case 'help':
      return { is: 'help', about: VERBS.find((known) => known === first) ?? null };
  }
}

type Scope = { readonly system: string | null };

function incident(
  [first, ...rest]: readonly string[],
  flags: ReadonlyMap<string, string>,
  scope: Scope,
): IncidentCommand {
  const verb = 'incident';
  const words = rest.join(' ');
  const one = { ...scope, incident: incidentIn(flags) };
  switch (first?.toLowerCase()) {
    case 'declare': {
      const level = levelIn(flags.get('--level') ?? '2');
      const since = moment(verb, flags.get('--since'));
      const scenario = flagOf(flags, 'scenario', Slug);
      const alert = flagOf(flags, 'alert', AlertId);
      return { verb, do: 'declare', ...scope, level, since, scenario, alert, seen: words === '' ? null : words };
    }
    case 'update':
      return { verb, do: 'update', ...one, text: said(words), public: flags.has('--public') };
    case 'resolve':
      return { verb, do: 'resolve', ...one, text: said(words) };
    case 'level':
      return { verb, do: 'level', ...one, level: levelIn(words) };
    case 'review': {
      const at = moment(verb, words === '' ? undefined : words);
      if (at === null) throw misuse(verb, 'Say when the review is.');
      return { verb, do: 'review', ...one, at };
    }
    case 'ack':
    case 'timeline':
    case 'tickets': {
      const doing = first.toLowerCase() as 'ack' | 'timeline' | 'tickets';
      if (words !== '') throw misuse(verb, `I do not know what to do with ${quote(words)}.`);
      return { verb, do: doing, ...one };
    }
    case undefined:
    case 'list':
      return { verb, do: 'list', ...scope };
    default:
      throw misuse(verb, `There is no ${quote(first ?? '')} here.`);
  }
}

const LEVELS = [1, 2, 3] as const;

function levelIn(typed: string): Level {
  const level = LEVELS.find((known) => String(known) === typed);
  if (level === undefined) throw misuse('incident', 'The level is 1, 2 or 3.');
  return level;
}

function said(words: string): string {
  if (words === '') throw misuse('incident', 'Say it in a sentence.');
  return words;
}

function incidentIn(flags: ReadonlyMap<string, string>): string | null {
  return flagOf(flags, 'incident', IncidentId);
}

function flagOf(flags: ReadonlyMap<string, string>, name: string, shape: z.ZodType<string>): string | null {
  const typed = flags.get(`--${name}`);
  return typed === undefined ? null : word('incident', name, typed, shape);
}

function operation(command: OperationCommand): Parsed {
  return { is: 'operation', command };
}

function query(command: QueryCommand): Parsed {
  return { is: 'query', command };
}

function whatToRestore(verb: Verb, typed: string | undefined, flags: ReadonlyMap<string, string>) {
  const at = moment(verb, flags.get('--at'));
  const table = oneTable(verb, flags);
  if (at !== null && (typed !== undefined || table !== null)) {
    throw misuse(verb, 'With `--at` neither a backup nor a table is named.');
  }
  return { at, backup: at === null ? backup(verb, typed) : null, table };
}

function oneTable(verb: Verb, flags: ReadonlyMap<string, string>): z.infer<typeof OneTable> | null {
  const name = flags.get('--table');
  if (flags.has('--missing') && flags.has('--replace')) throw misuse(verb, 'It is either `--missing` or `--replace`.');
  if (name === undefined && (flags.has('--missing') || flags.has('--replace'))) {
    throw misuse(verb, '`--missing` and `--replace` need `--table`.');
  }
  if (name === undefined) return null;
  return { name: word(verb, 'table', name, Identifier), mode: flags.has('--replace') ? 'replace' : 'missing' };
}

function backup(verb: Verb, typed: string | undefined): string {
  if (typed?.includes('://')) {
    throw misuse(verb, 'A backup is named by its id. Restoring from an address is never possible.');
  }
  return word(verb, 'backup', typed, BackupChoice);
}
