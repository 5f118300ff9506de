// A real server on loopback that speaks S3, with one bucket that is empty.
import { join } from 'node:path';
import { freePort } from '../../sandbox/servers/free-port.ts';
import { startProcess } from '../../sandbox/servers/server-process.ts';
import { workingDirectory } from '../../sandbox/servers/working-directory.ts';
import type { S3Credentials } from '../../src/archives/s3-bucket.ts';
import { Secret } from '../../src/core/secret.ts';

const program = join(import.meta.dirname, '../../node_modules/s3rver/bin/s3rver.js');

export type S3Server = {
  readonly endpoint: string;
  readonly bucket: string;
  readonly credentials: S3Credentials;
  /** Where the server keeps the bucket's objects. */
  readonly files: string;
  stop(): Promise<void>;
};

export async function startS3(): Promise<S3Server> {
  const { path: dir, removeIfOurs } = await workingDirectory('s3');
  const [port, bucket] = [await freePort(), 'backups'];
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startProcess({
    name: 's3rver',
    command: process.execPath,
    args: [program, '-d', dir, '-a', '127.0.0.1', '-p', String(port), '--silent', '--configure-bucket', bucket],
    env: { PATH: '/usr/bin:/bin' },
    cwd: dir,
    logFile: join(dir, 'server.log'),
    deathSignal: 'SIGKILL',
  });
  await server.untilReady(() => fetch(endpoint));
  return {
    endpoint,
    bucket,
    credentials: { accessKeyId: new Secret('S3RVER'), secretAccessKey: new Secret('S3RVER') },
    files: join(dir, bucket),
    async stop() {
      await server.end(['SIGTERM'], 2_000);
      await removeIfOurs();
    },
  };
}
