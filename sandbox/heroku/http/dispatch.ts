// One request from first byte to last: fault, authentication, handler, reply, log.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ActiveFaults, mischiefOf } from '../faults/active-faults.ts';
import type { Fault } from '../faults/fault.ts';
import { ApiError } from './api-error.ts';
import { requireKey } from './auth.ts';
import { readJson } from './body.ts';
import type { Links } from './links.ts';
import { rateLimit } from './rate-limit.ts';
import type { RequestLog } from './request-log.ts';
import { findRoute, type Reply, type Route } from './route.ts';

export type Dispatch = {
  routes: readonly Route[];
  apiKey: string;
  links: Links;
  faults: ActiveFaults;
  log: RequestLog;
};

const NOT_FOUND = new ApiError(
  404,
  'not_found',
  'The requested API endpoint was not found. Are you using the right HTTP verb (i.e. `GET` vs. `POST`), and did you specify your intended version with the `Accept` header?',
);
const REFUSALS = {
  401: { id: 'unauthorized', message: 'Invalid credentials provided.' },
  429: {
    id: 'rate_limit',
    message: 'Your account reached the API rate limit.\nPlease wait a few minutes before making new requests.',
  },
  500: { id: 'internal_server_error', message: 'Internal server error.' },
  503: { id: 'service_unavailable', message: 'Service is temporarily unavailable.' },
} as const;

/** Answers every request to the API port. */
export function dispatcher(parts: Dispatch): RequestListener {
  const takeToken = rateLimit();
  return async (request, response) => {
    const started = Date.now();
    const method = request.method ?? 'GET';
    const [path = '/', search = ''] = (request.url ?? '/').split('?', 2);
    const control = path.startsWith('/_control/');
    const fault = control ? null : parts.faults.strike(method, path);
    response.setHeader('Request-Id', randomUUID());
    response.setHeader('RateLimit-Remaining', String(takeToken()));

    const outcome = await settle(parts, { request, response, method, path, query: new URLSearchParams(search), fault });
    if (control) return;
    const userAgent = request.headers['user-agent'] ?? '';
    const at = new Date(started).toISOString();
    parts.log.add({ at, method, path, ...outcome, ms: Date.now() - started, fault: fault?.kind ?? null, userAgent });
  };
}

type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  method: string;
  path: string;
  query: URLSearchParams;
  fault: Fault['do'] | null;
};

async function settle(parts: Dispatch, exchange: Exchange): Promise<{ status: number; replied: boolean }> {
  const { response, fault } = exchange;
  if (fault?.kind === 'reset') {
    response.destroy();
    return { status: 0, replied: false };
  }
  if (fault?.kind === 'status') {
    send(response, { status: fault.status, body: REFUSALS[fault.status], headers: fault.headers ?? {} });
    return { status: fault.status, replied: true };
  }
  if (fault?.kind === 'stall') await sleep(fault.ms);
  const reply = await replyTo(parts, exchange);
  const status = 'stream' in reply ? 200 : reply.status;
  if (fault?.kind === 'lose-reply') {
    response.destroy();
    return { status, replied: false };
  }
  if ('stream' in reply) await reply.stream(response);
  else send(response, reply, fault?.kind === 'truncate');
  return { status: 'stream' in reply ? response.statusCode : status, replied: true };
}

async function replyTo(parts: Dispatch, { request, method, path, query, fault }: Exchange): Promise<Reply> {
  try {
    requirePermission(parts, request, path, query);
    const found = findRoute(parts.routes, method, path);
    if (found === undefined) throw NOT_FOUND;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const body = await readJson(request);
    return await found.handler({
      method,
      path,
      params: found.params,
      query,
      headers,
      body,
      mischief: mischiefOf(fault),
    });
  } catch (error) {
    if (error instanceof ApiError) return { status: error.status, body: error.body };
    process.stderr.write(`${method} ${path}: ${error instanceof Error ? error.stack : error}\n`);
    return { status: 500, body: REFUSALS[500] };
  }
}

// The control API is for whoever is on this machine. Dump files and streams are opened by their signature, all else by the key.
function requirePermission(
  { apiKey, links }: Dispatch,
  request: IncomingMessage,
  path: string,
  query: URLSearchParams,
): void {
  if (path.startsWith('/_control/') || path.startsWith('/backups/')) return;
  if (!path.startsWith('/streams/')) {
    requireKey(apiKey, request.headers.authorization);
    return;
  }
  const read = links.read(new URL(`${path}?${query}`, `http://${links.host}`));
  if (read === null || read === 'expired' || read.purpose !== 'stream') {
    throw new ApiError(403, 'forbidden', 'The stream address is not valid or has expired.');
  }
}

function send(response: ServerResponse, reply: Exclude<Reply, { stream: unknown }>, half = false): void {
  const json = JSON.stringify(reply.body) ?? '';
  const text = half ? json.slice(0, Math.floor(json.length / 2)) : json;
  response.writeHead(reply.status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'private, no-cache',
    Vary: 'Authorization,Accept-Encoding',
    ...reply.headers,
  });
  response.end(text);
}
