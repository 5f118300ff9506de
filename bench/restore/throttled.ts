// A store of backups at the end of a slow line: one file over HTTP, at so many bytes a second.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export async function serveThrottled(file: string, bytesPerSecond: number) {
  const { size } = await stat(file);
  const server = createServer(async (_request, response) => {
    response.writeHead(200, { 'content-length': size });
    const began = performance.now();
    let sent = 0;
    try {
      for await (const chunk of createReadStream(file, { highWaterMark: 131_072 })) {
        if (!response.write(chunk)) await once(response, 'drain');
        sent += chunk.length;
        const due = began + (sent / bytesPerSecond) * 1000;
        if (due > performance.now()) await sleep(due - performance.now());
      }
      response.end();
    } catch {
      response.destroy();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
