// Facts of one project: as of every server, but told apart by the schema that is public, and with what stands beside it.
import type { EnvironmentFacts, Server } from '../../core/facts.ts';
import type { Secret } from '../../core/secret.ts';
import type { System } from '../../core/system.ts';
import { withDatabase } from '../../postgres/connect.ts';
import { unknownIdentity } from '../direct/identity.ts';
import { IDENTITY, markIn } from './schemas/shelf.ts';

/** `facts` as the server gave them; as they are where it does not answer. */
export async function withSchemas(facts: EnvironmentFacts, live: Secret, system: System): Promise<EnvironmentFacts> {
  const { server, target, surveyProblem } = facts;
  if (server === null || surveyProblem !== null) return facts;
  const { identity, warm, candidates, kept } = await schemasBeside(live);
  return {
    ...facts,
    target: { ...target, identity: identity ?? unknownIdentity('without public', system, target.environment) },
    server: { ...server, warm, candidates, kept: [...kept, ...server.kept] },
  };
}

type Beside = Pick<Server, 'warm' | 'candidates' | 'kept'> & { readonly identity: string | null };
type Row = { name: string; identity: string; bytes: string; comment: string | null };

async function schemasBeside(live: Secret): Promise<Beside> {
  const options = { readOnly: true, purpose: 'holdfast facts', timeoutSeconds: 30 };
  const rows = await withDatabase(live, options, (query) => query<Row>(SCHEMAS));
  const identity = rows.find(({ name }) => name === 'public')?.identity ?? null;
  const beside = rows.map(({ name, identity, comment }) => ({
    name,
    identity,
    mark: markIn(comment),
    bytes: sizeOf(name, rows),
  }));
  const warm = beside.flatMap(({ mark, ...one }) => {
    if (mark?.holdfast !== 'candidate' || mark.built === null || mark.checkedAt === null) return [];
    const { operation, backup, sha256, built, checkedAt } = mark;
    return [{ ...one, operation, backup, sha256, built, checkedAt }];
  });
  const candidates = beside.flatMap(({ mark, ...one }) =>
    mark?.holdfast === 'candidate' ? [{ ...one, operation: mark.operation }] : [],
  );
  const kept = beside.flatMap(({ mark, ...one }) =>
    mark?.holdfast === 'previous' ? [{ ...one, operation: mark.operation, until: mark.until ?? mark.at }] : [],
  );
  return { identity, warm: warm.sort((a, b) => b.checkedAt.localeCompare(a.checkedAt)), candidates, kept };
}

/** Of all schemas of a shelf. */
function sizeOf(shelf: string, rows: readonly Row[]): number {
  const kin = rows.filter(({ name }) => name === shelf || name.startsWith(`${shelf}_`));
  return kin.reduce((sum, { bytes }) => sum + Number(bytes), 0);
}

const SCHEMAS = `
  select nspname::text as name, ${IDENTITY} || n.oid as identity, obj_description(n.oid, 'pg_namespace') as comment,
         (select coalesce(sum(pg_total_relation_size(c.oid)), 0)::text from pg_class c
           where relnamespace = n.oid and relkind in ('r', 'm')) as bytes
    from pg_namespace n where nspname = 'public' or starts_with(nspname::text, 'hf_')`;
