// A proxy in front of a server of S3 that writes down the requests, breaks the connection when it is told to, and can forget an
// upload, which the server behind it cannot.
import { createServer, request } from 'node:http';
import { freePort } from '../../sandbox/servers/free-port.ts';

export type S3Proxy = {
  readonly endpoint: string;
  /** `PUT part 2`, `POST complete`, `GET`, … in their order. */
  readonly seen: string[];
  /** From now on these many requests of that kind are broken: `before` they arrive, or `after`, when the answer is lost. */
  breakNext(kind: string, when: 'before' | 'after', times?: number): void;
  stop(): Promise<void>;
};

export async function startS3Proxy(target: string): Promise<S3Proxy> {
  const port = await freePort();
  const seen: string[] = [];
  const forgotten = new Set<string>();
  let broken = { kind: '', when: 'before', left: 0 };

  const server = createServer((incoming, outgoing) => {
    const kind = kindOf(incoming.method ?? '', incoming.url ?? '');
    seen.push(kind);
    const breaks = broken.left > 0 && kind.startsWith(broken.kind);
    if (breaks) broken = { ...broken, left: broken.left - 1 };
    if (breaks && broken.when === 'before') return void incoming.socket.destroy();
    const upload = new URL(incoming.url ?? '', target).searchParams.get('uploadId') ?? '';
    if (forgotten.has(upload)) return void outgoing.writeHead(404).end(NO_SUCH_UPLOAD);
    if (kind === 'DELETE upload') {
      forgotten.add(upload);
      return void outgoing.writeHead(204).end();
    }
    const { hostname, port: to } = new URL(target);
    const { method, url, headers } = incoming;
    const passed = request({ hostname, port: to, method, path: url, headers }, (answer) => {
      if (breaks) {
        answer.resume();
        return void incoming.socket.destroy();
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => incoming.socket.destroy());
    incoming.on('error', () => passed.destroy()).pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  return {
    endpoint: `http://127.0.0.1:${port}`,
    seen,
    breakNext(kind, when, times = 1) {
      broken = { kind, when, left: times };
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const NO_SUCH_UPLOAD =
  '<Error><Code>NoSuchUpload</Code><Message>The specified upload does not exist.</Message></Error>';

function kindOf(method: string, url: string): string {
  const { searchParams } = new URL(url, 'http://x');
  const part = searchParams.get('partNumber');
  if (part !== null) return `${method} part ${part}`;
  if (searchParams.has('uploads')) return `${method} begin`;
  if (searchParams.has('uploadId')) return method === 'DELETE' ? 'DELETE upload' : `${method} complete`;
  return method;
}
