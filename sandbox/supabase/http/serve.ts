// One loopback port of a project: faults first, then whichever part the path belongs to.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Part, type Reply, type Request, readBody } from './exchange.ts';
import type { ActiveFaults, Fault } from './faults.ts';

const KEPT = 20_000;

/** A request as the project saw it, without secrets. */
export type LoggedRequest = {
  readonly method: string;
  readonly path: string;
  /** 0 until it is answered, and when the connection was destroyed before handling. */
  status: number;
  readonly fault: string | null;
};

export type Served = { readonly port: number; readonly log: readonly LoggedRequest[]; close(): Promise<void> };

/** Listens on 127.0.0.1 and asks each part in turn. Requests under /_control/ meet no fault and are not logged. */
export async function serveParts(port: number, faults: ActiveFaults, parts: readonly Part[]): Promise<Served> {
  const log: LoggedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const { pathname: path } = new URL(incoming.url ?? '/', 'http://localhost');
    const method = incoming.method ?? 'GET';
    const control = path.startsWith('/_control/');
    const fault = control ? null : faults.strike(method, path);
    const entry: LoggedRequest = { method, path, status: 0, fault: fault?.kind ?? null };
    if (!control) log.push(entry);
    if (log.length > KEPT) log.shift();
    entry.status = await settle(parts, { incoming, response, method, path, fault }).catch(() => 0);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('listening: no port was given');
  return {
    port: address.port,
    log,
    close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

type Exchange = {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly path: string;
  readonly fault: Fault['do'] | null;
};

async function settle(parts: readonly Part[], { incoming, response, method, path, fault }: Exchange): Promise<number> {
  if (fault?.kind === 'reset') {
    response.destroy();
    return 0;
  }
  if (fault?.kind === 'answer') {
    const body = fault.body ?? {
      statusCode: String(fault.status),
      error: 'Fault',
      message: 'asked for by the sandbox',
    };
    return send(response, { status: fault.status, body, headers: fault.headers }, null);
  }
  if (fault?.kind === 'stall') await sleep(fault.ms);
  const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
  const pageLimit = fault?.kind === 'short-pages' ? fault.limit : null;
  const reply = await replyOf(parts, { method, path, headers, pageLimit, body: () => readBody(incoming) });
  if (fault?.kind === 'lose-reply') {
    response.destroy();
    return reply.status;
  }
  return send(response, reply, fault);
}

async function replyOf(parts: readonly Part[], request: Request): Promise<Reply> {
  try {
    for (const part of parts) {
      const reply = await part(request);
      if (reply !== null) return reply;
    }
    return { status: 404, body: { message: 'no Route matched with those values' } };
  } catch (error) {
    process.stderr.write(`${request.method} ${request.path}: ${error instanceof Error ? error.stack : error}\n`);
    return { status: 500, body: { statusCode: '500', error: 'Internal', message: 'Internal Server Error' } };
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: Reply, fault: Fault['do'] | null): number {
  const json = !Buffer.isBuffer(body);
  const whole = json ? Buffer.from(JSON.stringify(body)) : body;
  const sent = fault?.kind === 'truncate' ? whole.subarray(0, Math.floor(whole.length / 2)) : whole;
  const cut = fault?.kind === 'truncate' && fault.cut;
  response.writeHead(status, {
    ...(json ? { 'content-type': 'application/json; charset=utf-8' } : {}),
    'content-length': cut ? whole.length : sent.length,
    ...headers,
  });
  if (cut) response.write(sent, () => response.destroy());
  else response.end(sent);
  return status;
}
