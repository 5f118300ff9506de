// The grammar of /dr: what each verb takes, what it does, and an example. The single place where it is described.
import type { Verb } from './command.ts';

type Usage = { usage: string; does: string; example: string };

/** One line per verb, in the order that help shows. What help shows. */
export const GRAMMAR: Readonly<Record<Verb, Usage>> = {
  verify: {
    usage: '/dr verify [backup] [--deep] [--system name]',
    does: 'Checks the backups; with --deep downloads one, restores it into a scratch database and checks the data.',
    example: '/dr verify --deep',
  },
  restore: {
    usage: '/dr restore <environment> <backup|latest|--at time> [--table name [--replace]] [--system name]',
    does:
      "Plans a restore of production's backup into an environment; with --table of one table (rows that are gone, with --replace " +
      'changed ones too), with --at of a moment in time. Nothing is changed before it is confirmed or approved.',
    example: '/dr restore staging a001',
  },
  warm: {
    usage: '/dr warm <environment> [backup|latest] [--system name]',
    does: 'Builds a candidate beside the live database, checks it, and keeps it: a restore of that backup is then only the swap.',
    example: '/dr warm production',
  },
  recover: {
    usage: '/dr recover [scenario] [backup] [--at time] [--table name [--replace]] [--system name]',
    does: "Lists a system's disaster scenarios with their RTO and RPO; with a name, plans the way out, human steps included.",
    example: '/dr recover corruption',
  },
  rollback: {
    usage: '/dr rollback <release|previous> [--system name]',
    does: "Plans the return of production to an earlier release's code.",
    example: '/dr rollback v255',
  },
  undo: {
    usage: '/dr undo <operation>',
    does: 'Plans the way back from a finished operation.',
    example: '/dr undo op-41',
  },
  cleanup: {
    usage: '/dr cleanup <operation>',
    does: 'Plans the removal of what a finished operation has kept for undo: the previous database, the rows as they were.',
    example: '/dr cleanup op-41',
  },
  backup: {
    usage: '/dr backup [environment] [--keep] [--system name]',
    does: 'Takes a backup now (production unless another environment is named); with --keep no retention ever deletes it.',
    example: '/dr backup',
  },
  backups: {
    usage: '/dr backups [--retention] [--system name]',
    does: 'Lists the backups, newest first; with --retention what would be deleted, and why.',
    example: '/dr backups --retention',
  },
  copy: {
    usage: '/dr copy [backup|latest] [--system name]',
    does: 'Copies a backup out of the house, encrypted, and reads the copy back.',
    example: '/dr copy latest',
  },
  export: {
    usage: '/dr export [--system name]',
    does: 'Takes the tables that the system file names for it out of the house, encrypted, and reads them back.',
    example: '/dr export',
  },
  prune: {
    usage: '/dr prune [--system name]',
    does: 'Plans the deletion of the backups that the retention no longer keeps; never of the last proven one.',
    example: '/dr prune',
  },
  incident: {
    usage:
      '/dr incident declare [what is seen] [--level 1|2|3] [--since time] [--scenario name] · update <text> [--public] · ack · level <1|2|3> · review <when it is> · resolve <what was done> · timeline · tickets · list [--system name]',
    does: 'Opens an incident, adds a sentence to its next update, acknowledges it (nobody else is called then), says how bad it is and when it is reviewed, ends it, shows it.',
    example: '/dr incident declare checkout answers 500 --level 1',
  },
  assess: {
    usage: '/dr assess [--system name]',
    does: 'From what is seen to the level, the likely cause and the way out.',
    example: '/dr assess',
  },
  checklist: {
    usage: '/dr checklist <pre|during|post> [--system name]',
    does: 'Shows the checklist of the open incident; what Holdfast can see for itself is ticked with the evidence.',
    example: '/dr checklist during',
  },
  alerts: {
    usage: '/dr alerts [--system name]',
    does: 'What is not as it should be: backups, disks, lag, missed runs; each with the next sensible step.',
    example: '/dr alerts',
  },
  contacts: {
    usage: '/dr contacts [--system name]',
    does: 'Whom to call, in which order, and the vendors.',
    example: '/dr contacts',
  },
  drill: {
    usage: '/dr drill [name] [--system name]',
    does: 'Rehearses the written plan part by part and reports; without a name lists the drills.',
    example: '/dr drill monthly',
  },
  drills: {
    usage: '/dr drills [--system name]',
    does: 'Lists the drills and when they are next.',
    example: '/dr drills',
  },
  schedules: {
    usage: '/dr schedules [--system name]',
    does: 'What runs by itself, and when next.',
    example: '/dr schedules',
  },
  report: {
    usage: '/dr report [op-41|inc-7|2026-11] [--system name]',
    does: 'The report of a drill, of an incident, or of a month beside the one before.',
    example: '/dr report',
  },
  status: {
    usage: '/dr status [--system name]',
    does: 'Shows what is running, what waits for whom, and the last proven restore.',
    example: '/dr status',
  },
  scenarios: {
    usage: '/dr scenarios [--system name]',
    does: "Lists a system's disaster scenarios with their RTO and RPO, like /dr recover without a name.",
    example: '/dr scenarios',
  },
  systems: { usage: '/dr systems', does: 'Lists the systems that are protected here.', example: '/dr systems' },
  cancel: {
    usage: '/dr cancel <operation>',
    does: 'Stops an operation that has not changed anything yet and clears away what it prepared.',
    example: '/dr cancel op-41',
  },
  audit: {
    usage: '/dr audit <operation>',
    does: 'Shows the journal of an operation: who, what, when, with what evidence.',
    example: '/dr audit op-41',
  },
  help: { usage: '/dr help [command]', does: 'Shows this.', example: '/dr help restore' },
};

export const VERBS = Object.keys(GRAMMAR) as Verb[];
export const FLAGS: Readonly<Record<Verb, readonly string[]>> = {
  verify: ['--deep', '--system'],
  restore: ['--system', '--table', '--missing', '--replace', '--at'],
  warm: ['--system'],
  rollback: ['--system'],
  recover: ['--system', '--at', '--table', '--missing', '--replace'],
  undo: [],
  cleanup: [],
  backup: ['--system', '--keep'],
  backups: ['--system', '--retention'],
  copy: ['--system'],
  export: ['--system'],
  prune: ['--system'],
  incident: ['--system', '--level', '--since', '--public', '--incident', '--scenario', '--alert'],
  assess: ['--system'],
  checklist: ['--system', '--incident'],
  contacts: ['--system'],
  alerts: ['--system'],
  drill: ['--system'],
  drills: ['--system'],
  schedules: ['--system'],
  report: ['--system'],
  status: ['--system'],
  systems: [],
  scenarios: ['--system'],
  cancel: [],
  audit: [],
  help: [],
};
/** Flags that are followed by a value. */
export const VALUED = ['--system', '--table', '--at', '--level', '--since', '--incident', '--scenario', '--alert'];
export const LONGEST = 1000;

/** How many words each verb takes besides its flags. */
export const POSITIONAL: Partial<Readonly<Record<Verb, number>>> = {
  verify: 1,
  backup: 1,
  restore: 2,
  warm: 2,
  rollback: 1,
  recover: 2,
  undo: 1,
  cleanup: 1,
  cancel: 1,
  audit: 1,
  drill: 1,
  copy: 1,
  report: 1,
  checklist: 1,
  /** A word of its own, then whatever people say. */
  incident: Number.POSITIVE_INFINITY,
  help: 1,
};
