// The application of the sandbox's host, as a process of its own: its health is asked from the database at every request.
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import pg from 'pg';

const [port = '', database = '', trouble = ''] = process.argv.slice(2);
const pool = new pg.Pool({
  connectionString: database,
  application_name: 'financial-planning-app',
  max: 5,
  connectionTimeoutMillis: 3_000,
  query_timeout: 3_000,
});
// An idle connection breaks when the database is restarted; the next request makes a new one.
pool.on('error', (error) => log(`database connection lost: ${error.message}`));

const COUNTS = `select (select count(*)::int from accounts) as accounts, (select count(*)::int from portfolios) as portfolios,
  (select count(*)::int from transactions) as transactions`;

const server = createServer(async (request, response) => {
  const broken = existsSync(trouble) ? readFileSync(trouble, 'utf8').trim() : '';
  if (broken === 'hangs') return;
  if (broken === 'errors')
    return send(response, request.url, 500, { status: 'error', error: 'TypeError: rate is undefined' });
  if (request.url !== '/api/v1/health') return send(response, request.url, 404, { error: 'not found' });
  try {
    const { rows } = await pool.query(COUNTS);
    send(response, request.url, 200, { status: 'healthy', database: 'connected', ...rows[0] });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    send(response, request.url, 503, { status: 'unhealthy', database: 'unreachable', error: why });
  }
});
server.listen(Number(port), '127.0.0.1', () => log(`listening on 127.0.0.1:${port}`));
process.once('SIGTERM', () => {
  log('shutting down');
  process.exit(0);
});

function send(response: ServerResponse, url: string | undefined, code: number, body: object): void {
  log(`${code === 200 ? 'INFO' : 'ERROR'} GET ${url} ${code}${code === 200 ? '' : ` ${JSON.stringify(body)}`}`);
  response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

function log(message: string): void {
  console.log(`${new Date().toISOString()} ${message}`);
}
