// Answers whoever watches this process: is it alive, can it do its work, and what does it count.
import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export type HealthServer = { readonly port: number; close(): Promise<void> };

/** Null: none is needed, nor does it help. */
type Token = { open(): string } | null;

export type Watched = {
  /** `GET /healthz`: rejects when this process should be started anew. */
  alive(): Promise<unknown>;
  /** `GET /readyz`: what the work needs, by name; each rejects while it is away. */
  readonly needs: Readonly<Record<string, () => Promise<unknown>>>;
  /** What it tells at which path, such as `/metrics`: to this machine, or to whoever has the token. */
  readonly pages: Readonly<Record<string, Page>>;
  readonly token: Token;
};

export type Page = { readonly type: string; text(): Promise<string> };

const PATIENCE_MS = 2_000;

/** Listens on `host`. What is wrong is told by names of ours alone: the reasons are in the log. */
export async function serveHealth(host: string, port: number, watched: Watched): Promise<HealthServer> {
  const server = createServer((request, response) => {
    answer(request, watched).then(
      ({ status, type = 'text/plain', body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => failed(response),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

type Answer = { readonly status: number; readonly type?: string; readonly body: string };

async function answer(request: IncomingMessage, { alive, needs, pages, token }: Watched): Promise<Answer> {
  const { method, url: path = '' } = request;
  if (method !== 'GET') return { status: 404, body: '' };
  if (path === '/healthz') {
    const isAlive = await inTime(alive());
    return isAlive ? { status: 200, body: 'ok\n' } : { status: 503, body: 'not ready\n' };
  }
  if (path === '/readyz') {
    const names = Object.keys(needs);
    const there = await Promise.all(Object.values(needs).map((need) => inTime(need())));
    const body = names.map((name, at) => `${name}: ${there[at] === true ? 'ok' : 'away'}\n`).join('');
    return { status: there.includes(false) ? 503 : 200, body };
  }
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) return { status: 404, body: '' };
  if (!mayRead(request, token)) return { status: 401, body: 'a token is needed\n' };
  return { status: 200, type: page.type, body: await page.text() };
}

function failed(response: ServerResponse): void {
  response.writeHead(503, { 'content-type': 'text/plain' }).end('not ready\n');
}

async function inTime(work: Promise<unknown>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, PATIENCE_MS, false).unref());
  return await Promise.race([
    work.then(
      () => true,
      () => false,
    ),
    late,
  ]);
}

/** Whoever sits on this machine reads more than this. A proxy on it would let everybody in: then a token has to be set. */
function mayRead({ socket, headers }: IncomingMessage, token: Token): boolean {
  if (token === null) return /^(::1|(::ffff:)?127\.)/.test(socket.remoteAddress ?? '');
  const given = Buffer.from(headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token.open()}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
