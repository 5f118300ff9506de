// candidate.preflight: besides what every server is asked, whether the schemas of this project can be exchanged at all.
import type { Action, Args } from '../../../core/action.ts';
import type { Check } from '../../../core/check.ts';
import { done, untouched } from '../../../core/outcomes.ts';
import { list } from '../../../core/wording.ts';
import type { Query } from '../../../postgres/connect.ts';
import type { Tools } from '../../direct/reach.ts';
import { notWritable, tablesOfPeople } from '../schemas/auth-rows.ts';
import { extensionsInPublic } from '../schemas/pack.ts';
import { leaningOn, schemasInUse } from '../schemas/shelf.ts';
import { asking } from '../scratch.ts';

type A = Args<'candidate.preflight'>;

/** `general` asks what every server is asked. */
export function candidatePreflight(tools: Tools, general: Action<A>): Action<A> {
  return {
    ...general,
    describe: (args, system) =>
      `${general.describe(args, system)}; extensions in public, rights on auth, what leans on public`,

    async do(args, run) {
      const outcome = await general.do(args, run);
      if (outcome.is !== 'done') return outcome;
      const { live } = await tools.reach(run.system, args.environment);
      const own = await asking(live, run, ask);
      const checks = [...outcome.evidence.checks, ...own];
      const failing = checks.filter(({ status }) => status === 'fail');
      if (failing.length === 0) return done(['It can be loaded.'], null, checks);
      return untouched(failing.map(({ name, figure }) => `${name}: ${figure}`).join('; '));
    },
  };
}

async function ask(query: Query): Promise<Check[]> {
  return [await extensions(query), await rights(query), await replica(query), await leaning(query)];
}

async function extensions(query: Query): Promise<Check> {
  const names = await extensionsInPublic(query);
  if (names.length === 0) return check('extensions in public', 'pass', 'none');
  const todo = names.map((name) => `ALTER EXTENSION ${name} SET SCHEMA extensions`).join('; ');
  return check('extensions in public', 'fail', `${list(names)}, which could not be exchanged with public: ${todo}`);
}

async function rights(query: Query): Promise<Check> {
  const people = await tablesOfPeople(query);
  const closed = await notWritable(query, people);
  if (people.length === 0) return check('people', 'fail', 'there is no table auth.users');
  if (closed.length === 0)
    return check('people', 'pass', `${list(people.map((name) => `auth.${name}`))} can be exchanged`);
  return check(
    'people',
    'fail',
    `the role may not write ${list(closed.map((name) => `auth.${name}`))}: connect as postgres`,
  );
}

/** Triggers must not see it when people are exchanged. */
async function replica(query: Query): Promise<Check> {
  await query('begin');
  try {
    await query('set local session_replication_role = replica');
    return check('triggers', 'pass', 'can be kept from seeing the exchange');
  } catch {
    return check('triggers', 'fail', 'the role may not set session_replication_role: connect as postgres');
  } finally {
    await query('rollback');
  }
}

async function leaning(query: Query): Promise<Check> {
  const found = await leaningOn(query, await schemasInUse(query));
  const others = found.filter(({ isTrigger }) => !isTrigger).map(({ what }) => what);
  if (others.length === 0) return check('used from outside', 'pass', 'nothing but triggers, which are carried over');
  return check(
    'used from outside',
    'warn',
    `${list(others)}: goes on using what is public now, also after the exchange`,
  );
}

function check(name: string, status: Check['status'], figure: string): Check {
  return { name, status, figure };
}
