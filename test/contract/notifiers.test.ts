// What every notifier must do: tell the whole course once and in order, whatever the service outside does, and show no secret.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { type StoreServer, startStores } from '../support/stores.ts';
import { sightFrom } from '../unit/notify/outside/an-incident.ts';
import {
  type Bench,
  benchOf,
  COURSE,
  emailService,
  pagerDutyService,
  type Service,
  statuspageService,
  until,
} from './notifiers-fixture.ts';

const SERVICES = {
  pagerduty: pagerDutyService,
  statuspage: statuspageService,
  'a status page that keeps no metadata': () => statuspageService(false),
  email: emailService,
} as const;

let stores: StoreServer;
let bench: Bench;
beforeAll(async () => {
  stores = await startStores();
});
afterAll(() => stores?.stop());
afterEach(async () => {
  await bench.stop(0);
  await bench.store.close();
});

const settled = (incident: string) => async () => (await bench.fates(incident)).every((fate) => !fate.endsWith(' due'));
const errors = () => bench.lines.filter((line) => line.includes('"level":"error"'));

describe.each(Object.entries(SERVICES))('%s', (_name, start) => {
  let service: Service;
  beforeEach(async () => {
    service = await start();
    bench = await benchOf(stores, [service]);
  });
  afterEach(() => service.stop());

  async function wholeCourse(): Promise<void> {
    const incident = await bench.declare();
    await bench.append(incident, ...COURSE);
    await until('everything is told', settled(incident));
    expect(service.told()).toEqual(service.course);
  }

  it('is told the whole course, in order', async () => {
    bench.start();
    await wholeCourse();
    expect(bench.lines).toEqual([]);
  });

  it('is told each thing once although it is broken at first', async () => {
    service.trouble('broken', 1);
    bench.start();
    await wholeCourse();
  });

  it('is told nothing before the time that it asked for', async () => {
    service.trouble('busy', 1);
    bench.start();
    const incident = await bench.declare();
    const begun = Date.now();
    await until('it is told', settled(incident));
    // A mail server names no time: a second is the first pause.
    expect(Date.now() - begun).toBeGreaterThan(service.name === 'email' ? 900 : 1_900);
    expect(service.told()).toHaveLength(1);
  });

  it('is told nothing twice although the answers are lost', async () => {
    bench.start();
    const incident = await bench.declare();
    service.trouble('lost reply', 1);
    await until('it is told', settled(incident));
    service.trouble('lost reply', 1);
    await bench.append(incident, ...COURSE);
    await until('everything is told', settled(incident));
    expect(service.told()).toEqual(service.course);
  });

  it('is told nothing twice although the process died in between', async () => {
    const incident = await bench.declare();
    // It was told and not recorded; then as if a minute had passed.
    bench.start();
    await until('it is told', settled(incident));
    await bench.stop();
    await bench.store.sql(
      `update holdfast.notices set state = 'begun', begun_at = now() - interval '2 minutes', receipt = null`,
    );
    bench.start();
    await bench.append(incident, ...COURSE);
    await until('everything is told', settled(incident));
    expect(service.told()).toEqual(service.course);
  });

  it('is told by two processes as by one', async () => {
    bench.start();
    bench.start();
    await wholeCourse();
  });

  it('that does not accept the secret is said once as an error, and told when it does', async () => {
    const [variable, secret] = service.secret;
    const wrong = service.name === 'email' ? secret.replace('4711', '4712') : `${secret.slice(0, -1)}X`;
    bench.start({ secrets: { [variable]: wrong } });
    const incidents = [await bench.declare(), await bench.declare('logins fail', 2)];
    await until('it is tried', () => errors().length > 0);
    await sleep(1_500);
    expect(errors()).toHaveLength(1);
    expect(errors()[0]).toContain('notifier does not take what it is told');
    const shown = [
      ...bench.lines,
      ...(await bench.store.sql('select why from holdfast.notices')).map(({ why }) => String(why)),
    ];
    for (const text of [wrong, secret, encodeURIComponent(wrong), '4712', '4711'])
      expect(shown.join('\n')).not.toContain(text);
    expect(service.told()).toEqual([]);

    await bench.stop();
    await bench.store.sql(`update holdfast.notices set due_at = now()`);
    bench.start();
    for (const incident of incidents) await until('it is told', settled(incident));
    expect(service.told()).toHaveLength(2);
  });

  it('that hangs is left when the process stops, and told by the next one', async () => {
    service.trouble('hangs', 1);
    bench.start();
    const incident = await bench.declare();
    await sleep(500);
    const begun = Date.now();
    await bench.stop(100);
    expect(Date.now() - begun).toBeLessThan(3_000);
    service.mend();
    bench.start();
    await until('it is told', settled(incident));
    expect(service.told()).toHaveLength(1);
  });

  it('is not told any more of what is older than a day', async () => {
    service.trouble('broken');
    const incident = await bench.declare();
    await bench.store.sql(`alter table holdfast.incident_log disable trigger incident_log_append_only`);
    await bench.store.sql(`update holdfast.incident_log set at = at - interval '25 hours'`);
    bench.start();
    await until('it is given up', settled(incident));
    expect(await bench.fates(incident)).toEqual([`${service.name} declared dropped`]);
    expect(errors()).toHaveLength(1);
  });
});

describe('the sender', () => {
  let service: Service;
  beforeEach(async () => {
    service = await emailService();
    bench = await benchOf(stores, [service]);
  });
  afterEach(() => service.stop());

  it('tells nothing twice although it cannot record at once what became of it', async () => {
    let failures = 2;
    const { sent } = bench.store.notices;
    const failing: typeof sent = (id, receipt) => {
      failures -= 1;
      return failures >= 0 ? Promise.reject(new Error('the store is away')) : sent(id, receipt);
    };
    bench.start({ notices: { sent: failing } });
    const incident = await bench.declare();
    await until('it is recorded', settled(incident));
    expect(service.told()).toEqual(['declared.1']);
    expect(failures).toBeLessThan(0);
  });

  it('tells what it could not read at first', async () => {
    let failures = 1;
    const { system, store } = bench;
    const sightOf = async (id: string) => {
      failures -= 1;
      if (failures >= 0) throw new Error('the store is away');
      return sightFrom(await store.incidents.log(id), system);
    };
    const incident = await bench.declare();
    bench.start({ sightOf });
    await until('it is told', settled(incident));
    expect(service.told()).toEqual(['declared.1']);
  });

  it('goes on with the others when a notice cannot be composed, or is of something that is not known any more', async () => {
    const { system, store } = bench;
    const [unknown, defect, good] = [await bench.declare(), await bench.declare(), await bench.declare()];
    const sightOf = async (id: string) => {
      if (id === unknown) throw new Refusal('no-such-system', 'There is no such system.', 'See `/dr systems`.');
      const sight = sightFrom(await store.incidents.log(id), system);
      return id === defect ? { ...sight, clocks: null as unknown as typeof sight.clocks } : sight;
    };
    bench.start({ sightOf });
    await until('the good one is told', settled(good));
    await until('the unknown one is settled', settled(unknown));
    expect(await bench.fates(unknown)).toEqual(['email declared dropped']);
    expect(await bench.fates(defect)).toEqual(['email declared due']);
    expect(service.told()).toEqual(['declared.1']);
    expect(errors()).toHaveLength(2);
  });
});

describe('several notifiers', () => {
  let services: Service[];
  beforeEach(async () => {
    services = [await pagerDutyService(), await statuspageService(), await emailService()];
    bench = await benchOf(stores, services);
  });
  afterEach(async () => {
    await bench.stop(0);
    await Promise.all(services.map((service) => service.stop()));
  });

  it.each(['pagerduty', 'statuspage', 'email'])(
    'are told although %s hangs, with many incidents open',
    async (name) => {
      const hanging = services.find((service) => service.name === name);
      const others = services.filter((service) => service.name !== name);
      hanging?.trouble('hangs');
      const incidents = [];
      for (let n = 0; n < 8; n += 1) incidents.push(await bench.declare(`thing ${n} fails`));
      const begun = Date.now();
      bench.start();
      await until('the others are told', () => others.every((service) => service.told().length === incidents.length));
      expect(Date.now() - begun).toBeLessThan(8_000);
      expect(hanging?.told()).toEqual([]);
      await bench.stop(0);
    },
  );
});
