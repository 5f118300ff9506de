// The application's web process: polls as JSON, and a health page that is well only if its database is.
import { createServer, type ServerResponse } from 'node:http';
import { beginAs, endOnSignal, wished } from './control.ts';
import { missingMigrations, openPool } from './database.ts';

endOnSignal();
await beginAs('web');
const pool = openPool();

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://web').pathname;
  const page = path === '/health/' ? health() : path === '/api/polls/' ? polls() : null;
  if (page === null) return answer(response, path, 404, { detail: 'Not found.' });
  page.then(
    (body) => answer(response, path, 200, body),
    (error: Error) => answer(response, path, 503, { status: 'unhealthy', detail: error.message }),
  );
});
server.listen(8000, '0.0.0.0', () => console.log('Listening on 0.0.0.0:8000'));

async function health() {
  if (wished('unhealthy')) throw new Error('cache: ConnectionRefusedError: [Errno 111] Connection refused');
  const missing = await missingMigrations(pool);
  if (missing.length > 0) throw new Error(`unapplied migrations: ${missing.map(({ app, name }) => `${app}.${name}`)}`);
  const { rows } = await pool.query<{ count: string }>('select count(*) from polls_poll where not is_archived');
  return { status: 'healthy', polls: Number(rows[0]?.count) };
}

async function polls() {
  const { rows } = await pool.query(
    `select p.id, p.question, count(v.id)::int as votes from polls_poll p left join polls_vote v on v.poll_id = p.id
     group by p.id order by p.id desc limit 20`,
  );
  return { results: rows };
}

function answer(response: ServerResponse, path: string, status: number, body: object): void {
  console.log(`${new Date().toISOString()} "GET ${path}" ${status}`);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
