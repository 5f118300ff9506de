// What operations have left on a server beside the live database: warm candidates, databases that were live once, rows as they were.
import type { Server } from '../../core/facts.ts';
import type { Secret } from '../../core/secret.ts';
import { candidateMarkIn } from '../../postgres/candidate/mark.ts';
import { onServer } from '../../postgres/database-facts.ts';
import { previousMark } from '../../postgres/swap/databases.ts';
import { schemasBeside } from '../../postgres/table/kept.ts';

type Leftovers = Pick<Server, 'warm' | 'candidates' | 'kept'>;
type Row = { readonly name: string; readonly identity: string; readonly bytes: string; readonly comment: string };

const PURPOSE = 'holdfast facts';

/** Rows that a merge has put aside lie in the live database itself; where that does not answer, nothing is known of them. */
export async function leftoversOn(server: Secret, live: string): Promise<Leftovers> {
  const databases = await databasesBeside(server, live);
  const schemas = await schemasBeside(server, { purpose: PURPOSE }).catch(() => []);
  return { ...databases, kept: [...databases.kept, ...schemas] };
}

/** Told apart by the marks that they bear as comments; whatever bears none is not ours. Newest backup first. */
export async function databasesBeside(server: Secret, live: string, signal?: AbortSignal): Promise<Leftovers> {
  const databases = await onServer(server, reading(signal), (query) => query<Row>(DATABASES, [live]));
  const warm = databases.flatMap(({ comment, bytes, ...database }) => {
    const mark = candidateMarkIn(comment);
    if (mark === null || mark.built === null || mark.checkedAt === null) return [];
    const { operation, backup, sha256, built, checkedAt } = mark;
    return [{ ...database, bytes: Number(bytes), operation, backup, sha256, built, checkedAt }];
  });
  const candidates = databases.flatMap(({ comment, bytes, ...database }) => {
    const mark = candidateMarkIn(comment);
    return mark === null ? [] : [{ ...database, bytes: Number(bytes), operation: mark.operation }];
  });
  const kept = databases.flatMap(({ comment, bytes, ...database }) => {
    const mark = previousMark(comment);
    if (mark === null) return [];
    return [{ ...database, bytes: Number(bytes), operation: mark.operation, until: mark.until ?? mark.at }];
  });
  return { warm: warm.sort((a, b) => b.checkedAt.localeCompare(a.checkedAt)), candidates, kept };
}

function reading(signal?: AbortSignal) {
  const options = { readOnly: true, purpose: PURPOSE, timeoutSeconds: 30 };
  return signal === undefined ? options : { ...options, signal };
}

const DATABASES = `
  select datname as name, (select system_identifier from pg_control_system()) || '/' || oid as identity,
         coalesce(case when has_database_privilege(oid, 'CONNECT') or pg_has_role('pg_read_all_stats', 'USAGE')
                       then pg_database_size(oid) end, 0)::text as bytes,
         shobj_description(oid, 'pg_database') as comment
    from pg_database d where datname <> $1 and shobj_description(oid, 'pg_database') is not null`;
