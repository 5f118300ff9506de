// Whether Holdfast still reaches a server, asked of a real one that goes away and comes back.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/servers/postgres.ts';
import { Refusal } from '../../src/core/errors.ts';
import { Secret } from '../../src/core/secret.ts';
import { serverReach } from '../../src/platforms/direct/actions/server-reach.ts';
import type { Reach } from '../../src/platforms/direct/reach.ts';
import { Archives } from '../../src/platforms/direct/settings.ts';
import { runOf } from './postgres-fixture.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const environment = 'production';
const run = () => ({ ...runOf(), signal: AbortSignal.timeout(30_000) });

function asking(disk: Reach['disk'] = async () => ({ usedBytes: 1, freeBytes: 12_000_000_000 })) {
  const here: Reach = {
    ...{ name: 'bank', live: new Secret(server.urlOf('postgres')), services: [], migrate: null, moments: null },
    ...{ archives: Archives.parse({ place: { kind: 'directory', path: '/backups' } }), disk },
    freeBytes: async () => null,
  };
  return serverReach({ reach: async () => here }, { patienceMs: 4_000 });
}

it('says that the server answers, and its machine', async () => {
  expect(await asking().do({ environment }, run())).toMatchObject({
    is: 'done',
    evidence: { says: ['The server of bank answers, and so does its machine: 12.0 GB are free there.'] },
  });
});

it('does not say of a machine what nobody can say', async () => {
  const { evidence } = await asking(async () => null).do({ environment }, run());
  expect(evidence.says).toEqual(['The server of bank answers.']);
});

it('waits for a machine that is let through a little later, and fails when it is not', async () => {
  let asked = 0;
  const cutOff = (times: number) => async () => {
    asked += 1;
    if (asked <= times) throw new Refusal('no-connection', 'db1 does not answer by ssh.', 'See whether it runs.');
    return { usedBytes: 1, freeBytes: 1_000_000 };
  };
  expect(await asking(cutOff(1)).do({ environment }, run())).toMatchObject({ is: 'done' });
  expect(asked).toBe(2);
  expect(await asking(cutOff(99)).do({ environment }, run())).toMatchObject({
    is: 'failed',
    why: expect.stringContaining('Holdfast does not reach production any more: db1 does not answer by ssh'),
  });
});

it('fails for a server that is gone', async () => {
  await server.stop();
  expect(await asking().do({ environment }, run())).toMatchObject({
    is: 'failed',
    why: expect.stringMatching(/does not reach production any more: .*connecting to the database/),
  });
});
