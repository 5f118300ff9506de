// Answers GET /healthz for container health checks: is this process alive, and does it reach what it stands on?
import { createServer } from 'node:http';

export type HealthServer = { readonly port: number; close(): Promise<void> };

/** Listens on `host`; 200 when `check` resolves within 2 s, else 503. It says nothing about why: that is in the log. */
export async function serveHealth(host: string, port: number, check: () => Promise<unknown>): Promise<HealthServer> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/healthz') {
      response.writeHead(404).end();
      return;
    }
    const late = new Promise((_resolve, reject) => setTimeout(reject, 2000, new Error('late')).unref());
    Promise.race([check(), late]).then(
      () => response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n'),
      () => response.writeHead(503, { 'content-type': 'text/plain' }).end('not ready\n'),
    );
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
