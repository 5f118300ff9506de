// The HTTP server that Slack calls: signature, age and size of every request are checked before anything reads it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Logger as BoltLogger, HTTPReceiver } from '@slack/bolt';
import { Fault } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';

const BODY_LIMIT = 1024 * 1024;
/**
 * How far a request may come from the future. Bolt itself looks only 300 seconds into the past; a little less here, so
 * that one of 301 seconds is refused although it was on its way for a while.
 */
const AHEAD_SECONDS = 295;
/** A request that takes longer to arrive is no use: Slack waits three seconds for the answer. */
const ARRIVAL_MS = 10_000;
/** How long requests that are being answered may take when the server closes. */
const LAST_REQUESTS_MS = 4_000;

type Options = {
  readonly signingSecret: Secret;
  readonly port: number;
  readonly host: string;
  readonly logger: BoltLogger;
};

export type HttpDoor = { readonly receiver: HTTPReceiver; open(): Promise<void>; close(): Promise<void> };

/** Makes the server around Bolt's receiver; it listens after `open`. */
export function httpDoor({ signingSecret, port, host, logger }: Options): HttpDoor {
  const receiver = new HTTPReceiver({
    signingSecret: signingSecret.open(),
    endpoints: ['/slack/events'],
    bodyLimit: BODY_LIMIT,
    logger,
  });
  const server = createServer({ requestTimeout: ARRIVAL_MS, headersTimeout: ARRIVAL_MS }, (request, response) => {
    const status = refusedWith(request);
    if (status === null) pass(receiver, request, response);
    else response.writeHead(status, { connection: 'close' }).end();
  });
  return {
    receiver,
    open: () =>
      new Promise((resolve, reject) => {
        server.once('error', (cause) => reject(new Fault(`listening on ${host}:${port}`, { cause })));
        server.listen(port, host, resolve);
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), LAST_REQUESTS_MS).unref();
      }),
  };
}

/** The status for a request that is not even looked at; null when Bolt shall check its signature. */
function refusedWith({ method, headers }: IncomingMessage): number | null {
  if (method !== 'POST') return 404;
  const length = headers['content-length'];
  if (Number(length) > BODY_LIMIT) return 413;
  if (length === '0' || (length === undefined && headers['transfer-encoding'] === undefined)) return 400;
  const sent = headers['x-slack-request-timestamp'];
  if (typeof sent !== 'string' || !/^\d{1,12}$/.test(sent)) return 401;
  return Number(sent) > Date.now() / 1000 + AHEAD_SECONDS ? 401 : null;
}

function pass(receiver: HTTPReceiver, request: IncomingMessage, response: ServerResponse): void {
  // Without a declared length the size shows while reading; what is left unread then must not block the connection.
  if (request.headers['content-length'] === undefined) response.setHeader('connection', 'close');
  try {
    receiver.requestListener(request, response);
  } catch {
    // Bolt throws for paths that it does not serve.
    response.writeHead(404).end();
  }
}
