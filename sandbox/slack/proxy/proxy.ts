// Stands in front of local-slack on loopback and makes it as strict, and as unreliable, as Slack.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Directory } from '../directory.ts';
import type { Faults } from '../faults.ts';
import { callArguments } from './arguments.ts';
import { answerCall, type Call } from './faulty-call.ts';
import { forward, json, type Request, readRequest, writeReply } from './http.ts';
import type { SlackRecord } from './record.ts';
import { ResponseUrls } from './response-urls.ts';
import { deliver } from './to-bot.ts';
import { tunnel } from './tunnel.ts';
import { carryOut, outcomeOf } from './web-api.ts';

/** First part of every address that local-slack hands out; it adds its own port. */
export const HANDED_OUT = '/local-slack';
/** Where local-slack delivers in HTTP mode. */
export const TO_BOT = '/_to-bot';

export type Proxy = {
  /** Where local-slack listens, once it does. */
  upstreamPort: number;
  /** Where the bot takes requests in HTTP mode. */
  requestUrl: string;
  /** Cuts the bot's Socket Mode connections, as Slack does now and then. */
  cutSocketMode(): void;
  stop(): Promise<void>;
};

type Parts = { faults: Faults; directory: Directory; record: SlackRecord };

/** Listens on 127.0.0.1:`port`. */
export async function startProxy(port: number, { faults, directory, record }: Parts): Promise<Proxy> {
  const responseUrls = new ResponseUrls();
  /** Open WebSockets by path. */
  const sockets = new Map<Duplex, string>();
  const origin = () => `http://127.0.0.1:${proxy.upstreamPort}`;

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const whole = await readRequest(incoming);
    const request = { ...whole, path: withoutPrefix(whole.path) };
    const { pathname } = new URL(request.path, origin());
    const call = callOf(pathname, request);
    if (call) await answerCall(call, faults, record, response);
    else if (pathname === TO_BOT) writeReply(response, await deliver(proxy.requestUrl, record, request));
    else writeReply(response, await forward(origin(), request));
  }

  function callOf(pathname: string, request: Request): Call | undefined {
    const args = () => callArguments(request);
    if (pathname.startsWith('/_hooks/response/'))
      return {
        method: 'response_url',
        args: args(),
        carryOut: () => responseUrls.answer(origin(), record, request),
        outcomeOf: ({ status }) => (status === 200 ? 'ok' : `http ${status}`),
      };
    if (!pathname.startsWith('/api/')) return undefined;
    const call = { method: pathname.slice('/api/'.length), args: args() };
    return {
      ...call,
      carryOut: () => carryOut({ origin: origin(), directory, record }, call.method, call.args, request),
      outcomeOf,
    };
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else writeReply(response, json({ ok: false, error: 'fatal_error', detail: String(error) }, 502));
    });
  });
  server.on('upgrade', (incoming, socket, head) => {
    const path = withoutPrefix(incoming.url ?? '/');
    sockets.set(socket, path);
    socket.once('close', () => sockets.delete(socket));
    tunnel(proxy.upstreamPort, path, incoming, socket, head);
  });

  const proxy: Proxy = {
    upstreamPort: 0,
    requestUrl: '',
    cutSocketMode() {
      for (const [socket, path] of sockets) if (path.startsWith('/socket/')) socket.destroy();
    },
    stop() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        faults.clear();
        for (const socket of sockets.keys()) socket.destroy();
        server.closeAllConnections();
      });
    },
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1' }, resolve);
  });
  return proxy;
}

function withoutPrefix(path: string): string {
  return path.replace(new RegExp(`^${HANDED_OUT}:\\d+`), '');
}
