// Hands out dump files to whoever holds a signed address: GET, HEAD, byte ranges.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Heroku } from '../heroku.ts';
import { type ApiRequest, param, type Reply, type Route, route } from '../http/route.ts';
import { dumpFile } from './dump-files.ts';

/** `/backups/…`, which checks its own signatures. */
export function dumpRoutes({ dir, links }: Heroku): Route[] {
  const serve = async (request: ApiRequest): Promise<Reply> => {
    const read = links.read(new URL(`${request.path}?${request.query}`, `http://${links.host}`));
    if (read === 'expired') return storeError(403, 'AccessDenied', 'Request has expired');
    if (read?.purpose !== 'public')
      return storeError(403, 'SignatureDoesNotMatch', 'The request signature does not match.');
    const file = dumpFile(dir, param(request, 'file').replace(/\.dump$/, ''));
    const size = await stat(file).then(
      (found) => found.size,
      () => null,
    );
    if (size === null) return storeError(404, 'NoSuchKey', 'The specified key does not exist.');
    return { stream: (response) => send(request, response, file, size) };
  };
  return [route('GET', '/backups/:app/:file', serve), route('HEAD', '/backups/:app/:file', serve)];
}

async function send(request: ApiRequest, response: ServerResponse, file: string, size: number): Promise<void> {
  const asked = request.headers['range']?.match(/^bytes=(\d+)-(\d*)$/);
  const start = Number(asked?.[1] ?? 0);
  const end = asked?.[2] ? Math.min(Number(asked[2]), size - 1) : size - 1;
  if (asked && start > end) {
    response.writeHead(416, { 'Content-Range': `bytes */${size}` }).end();
    return;
  }
  response.writeHead(asked ? 206 : 200, {
    'Content-Type': 'binary/octet-stream',
    'Content-Length': end - start + 1,
    'Accept-Ranges': 'bytes',
    ...(asked ? { 'Content-Range': `bytes ${start}-${end}/${size}` } : {}),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // A client that hangs up is its own business.
  await pipeline(createReadStream(file, { start, end }), response).catch(() => {});
}

// The file store answers in XML, as S3 does.
function storeError(status: number, code: string, message: string): Reply {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return {
    stream: (response) => {
      response.writeHead(status, { 'Content-Type': 'application/xml' }).end(xml);
    },
  };
}
