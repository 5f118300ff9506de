// The module that is loaded into the CLI takes its HTTP library the means to repeat what changes something.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { exec } from '../../../../src/lib/exec.ts';

const GUARD = join(import.meta.dirname, '../../../../src/platforms/heroku/never-twice.ts');
const CALL = `require('@heroku/http-call').HTTP.request(process.argv[1], { method: process.argv[2] }).catch(() => {})`;

let close = () => {};
afterEach(() => close());

async function requestsAfterLostReply(method: string, guarded: boolean): Promise<number> {
  let requests = 0;
  const server = createServer((request) => {
    requests += 1;
    if (requests === 1) request.socket.destroy();
    else request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}');
  }).listen(0, '127.0.0.1');
  close = () => void server.close();
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/restores`;
  const guard = guarded ? ['--import', GUARD] : [];
  const cwd = join(import.meta.dirname, '../../../..');
  await exec(process.execPath, [...guard, '-e', CALL, url, method], { env: { PATH: '/usr/bin:/bin' }, cwd });
  return requests;
}

it('without it a lost reply makes the CLI’s library ask for a restore twice', async () => {
  expect(await requestsAfterLostReply('POST', false)).toBe(2);
});

it.each(['POST', 'PATCH', 'PUT', 'DELETE'])('with it %s is sent once', async (method) => {
  expect(await requestsAfterLostReply(method, true)).toBe(1);
});

it('with it reading is still repeated', async () => {
  expect(await requestsAfterLostReply('GET', true)).toBe(2);
});
