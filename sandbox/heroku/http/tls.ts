// A throw-away certificate for localhost: `heroku pg:backups:download` fetches over https only.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Certificate = { key: Buffer; cert: Buffer; caFile: string };

/** Makes the certificate in `dir` with openssl; null where openssl is not installed. */
export async function localCertificate(dir: string): Promise<Certificate | null> {
  const keyFile = join(dir, 'localhost-key.pem');
  const caFile = join(dir, 'localhost-cert.pem');
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  try {
    await run('openssl', [...args, ...names, '-keyout', keyFile, '-out', caFile]);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new Error('making the certificate for localhost', { cause: error });
  }
  const [key, cert] = await Promise.all([readFile(keyFile), readFile(caFile)]);
  return { key, cert, caFile };
}
