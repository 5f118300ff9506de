// A Slack Web API over real HTTP that answers what a test says, for clients that must not know the difference.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Call = {
  readonly method: string;
  readonly args: URLSearchParams;
  /** As it came in: what goes to a `response_url` is JSON. */
  readonly body: string;
};
/** An object is answered as JSON with status 200; a function does with the response what it wants. */
export type Given = object | ((response: ServerResponse) => void);

export type WebApi = {
  readonly url: string;
  readonly calls: Call[];
  /** How many calls of the method came in. */
  count(method: string): number;
  close(): Promise<void>;
};

/** Starts it on loopback. `give` answers each call. */
export async function startWebApi(give: (call: Call) => Given): Promise<WebApi> {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const call = { method: (request.url ?? '').replace('/api/', ''), args: new URLSearchParams(body), body };
    calls.push(call);
    const given = give(call);
    if (typeof given === 'function') return given(response);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(given));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/api/`,
    calls,
    count: (method) => calls.filter((call) => call.method === method).length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const part of request) body += part;
  return body;
}
