// The application fieldservice: the endpoints that its smoke tests ask, answered from its real database (B8).
import type pg from 'pg';
import type { Part, Reply } from '../http/exchange.ts';

/** `pool` reaches the project's database as the application does. */
export function endpoints(pool: pg.Pool): Part {
  const one = async (sql: string): Promise<Record<string, unknown>> => (await pool.query(sql)).rows[0] ?? {};
  return async ({ path, headers }) => {
    if (path === '/api/health') return json(200, { ok: true });
    if (path === '/api/ready') return await ready(one);
    if (path === '/api/ops/samples') return await samples(one);
    if (path === '/api/reports/upcoming-reminders') return await reminders(pool);
    if (path === '/api/uploads/sign') {
      const known = headers['authorization'] !== undefined;
      return known ? json(403, { error: 'forbidden' }) : json(401, { error: 'unauthorized' });
    }
    return path.startsWith('/api/') ? json(404, { error: 'not found' }) : null;
  };
}

type One = (sql: string) => Promise<Record<string, unknown>>;

const json = (status: number, body: unknown): Reply => ({ status, body });

async function ready(one: One): Promise<Reply> {
  const questions = {
    database: 'select count(*) > 0 as ok from customers',
    migrations: 'select count(*) > 0 as ok from supabase_migrations.schema_migrations',
    relations: `select not exists (select from jobs j where not exists
                  (select from customers c where c.id = j.customer_id)) as ok`,
  };
  const asked = Object.entries(questions).map(async ([name, sql]) => {
    try {
      return [name, { ok: (await one(sql))['ok'] === true }] as const;
    } catch (error) {
      return [name, { ok: false, error: error instanceof Error ? error.message : String(error) }] as const;
    }
  });
  const checks = Object.fromEntries(await Promise.all(asked));
  const good = Object.values(checks).every(({ ok }) => ok);
  return json(good ? 200 : 503, { ok: good, checks });
}

async function samples(one: One): Promise<Reply> {
  const found = await one(
    `select (select count(*) from jobs where status = 'open')::float8 as jobs_open,
            (select count(*) from reminders where sent_at is null)::float8 as reminders_due,
            (select avg(total_cents) from invoices)::float8 as invoice_average_cents`,
  );
  const values = Object.entries(found).map(([name, value]) => ({ name, value }));
  return json(200, { at: new Date().toISOString(), samples: values });
}

async function reminders(pool: pg.Pool): Promise<Reply> {
  const { rows } = await pool.query<{ line: string }>(
    `select concat_ws(',', r.id, r.customer_id, r.channel, to_char(r.due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')) as line
     from reminders r where r.sent_at is null order by r.due_at limit 100`,
  );
  const text = ['reminder_id,customer_id,channel,due_at', ...rows.map(({ line }) => line)].join('\n');
  return { status: 200, body: Buffer.from(`${text}\n`), headers: { 'content-type': 'text/csv; charset=utf-8' } };
}
