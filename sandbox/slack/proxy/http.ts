// Whole HTTP requests and replies as values: read, forwarded to local-slack, written back.
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

export type Request = { method: string; path: string; headers: Record<string, string>; body: Buffer };
export type Reply = { status: number; headers: Record<string, string>; body: Buffer };

// Said anew by each hop.
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host', 'accept-encoding'];

/** Reads a request to its end. */
export async function readRequest(incoming: IncomingMessage): Promise<Request> {
  return {
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: endToEnd(incoming.headers),
    body: await buffer(incoming),
  };
}

/** Sends a request on to `origin` and reads the whole reply. */
export function forward(
  origin: string,
  { method, path, headers, body }: Request,
  signal?: AbortSignal,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { method, headers: { ...headers, 'content-length': body.length }, ...(signal ? { signal } : {}) };
    const outgoing = request(new URL(path, origin), options, (answer) => {
      buffer(answer).then(
        (whole) => resolve({ status: answer.statusCode ?? 502, headers: endToEnd(answer.headers), body: whole }),
        reject,
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Writes a reply, unless the asker is gone. */
export function writeReply(response: ServerResponse, { status, headers, body }: Reply): void {
  if (!response.destroyed) response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
}

/** A JSON reply. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): Reply {
  const body = Buffer.from(JSON.stringify(value));
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body };
}

/** The JSON object in a body, or an empty one. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Whether a value is an object with fields. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function endToEnd(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || HOP_BY_HOP.includes(name) ? [] : [[name, String(value)]],
    ),
  );
}
