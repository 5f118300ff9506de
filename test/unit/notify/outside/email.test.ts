// What becomes of a mail when the mail server takes it, refuses it, or falls silent.
import { afterEach, describe, expect, it } from 'vitest';
import { type MailServer, startMailServer } from '../../../../sandbox/outside/mail-server.ts';
import { Secret } from '../../../../src/core/secret.ts';
import { email } from '../../../../src/notify/outside/email.ts';
import { keptLog } from '../quiet.ts';
import { anIncident, minutes } from './an-incident.ts';

let server: MailServer;
let log: ReturnType<typeof keptLog>;
afterEach(() => server.stop());

const TO = ['oncall@example.com', 'lead@example.com'];

type Given = {
  readonly to?: readonly string[];
  readonly seen?: string;
  readonly uncertain?: boolean;
  readonly smtp?: string;
  readonly signal?: AbortSignal;
};

function tell({ to = TO, seen = 'payments fail', uncertain = false, smtp = server.url, ...rest }: Given = {}) {
  log = keptLog();
  const sight = anIncident({ seen });
  const entry = sight.entries[0] ?? null;
  const item = {
    notice: { is: 'declared', seq: 1 },
    entry,
    sight,
    receipt: null,
    uncertain,
    now: new Date(minutes(1)),
  } as const;
  const redact = (text: string) => text.replaceAll('hunter22', '[secret]');
  const notifier = email({ smtp: new Secret(smtp), from: 'holdfast@example.com', to, redact, log });
  return notifier.send(item, rest.signal ?? new AbortController().signal);
}

const subjects = () => server.received().map(({ subject }) => subject);

describe('a mail', () => {
  it('goes to everybody in one message, without a secret in it', async () => {
    server = await startMailServer();
    expect(await tell({ seen: 'hunter22 is down' })).toMatchObject({ is: 'sent' });
    expect(server.received()).toMatchObject([{ from: 'holdfast@example.com', to: TO }]);
    expect(server.received()[0]?.raw).not.toContain('hunter22');
  });

  it('goes to nobody whom somebody typed', async () => {
    server = await startMailServer();
    await tell({ seen: 'down\r\n.\r\nRCPT TO:<evil@example.com>\r\nBcc: evil@example.com' });
    expect(server.received()).toMatchObject([{ to: TO }]);
    expect(server.received()[0]?.headers).not.toHaveProperty('bcc');
  });

  it('arrives at the others although one address is unknown, and the log says at which', async () => {
    server = await startMailServer({ unknown: ['lead@example.com'] });
    expect(await tell()).toMatchObject({ is: 'sent' });
    expect(server.received()).toMatchObject([{ to: ['oncall@example.com'] }]);
    expect(log.lines).toMatchObject([
      { level: 'warn', sentence: 'mail server refused some addresses', fields: { addresses: ['lead@example.com'] } },
    ]);
  });

  it.each([
    ['mail', 421],
    ['rcpt', 450],
    ['data', 451],
  ] as const)('that is put off at %s with %i is sent again soon', async (at, code) => {
    server = await startMailServer();
    server.fault({ is: 'refuse', at, code });
    expect(await tell()).toMatchObject({ is: 'again', seconds: 0, code: null });
    expect(await tell()).toMatchObject({ is: 'sent' });
    expect(subjects()).toHaveLength(1);
  });

  it.each([
    ['mail', 550],
    ['rcpt', 550],
    ['data', 554],
  ] as const)('that is refused at %s with %i is sent again slowly', async (at, code) => {
    server = await startMailServer();
    server.fault({ is: 'refuse', at, code });
    expect(await tell()).toMatchObject({ is: 'again', seconds: 300, code: String(code) });
    expect(subjects()).toEqual([]);
  });

  it.each(['mail', 'data'] as const)(
    'whose connection breaks at %s is in doubt only after it was handed over',
    async (at) => {
      server = await startMailServer();
      server.fault({ is: 'cut', at });
      expect(await tell()).toMatchObject({ is: at === 'mail' ? 'again' : 'dropped' });
    },
  );

  it('that was taken without an answer is not sent twice', async () => {
    server = await startMailServer();
    server.fault({ is: 'lose-reply' });
    expect(await tell()).toMatchObject({
      is: 'dropped',
      why: expect.stringContaining('nobody knows whether it arrived'),
    });
    expect(subjects()).toHaveLength(1);
  });

  it('that may have been sent by a process that died is not sent twice', async () => {
    server = await startMailServer();
    expect(await tell({ uncertain: true })).toMatchObject({ is: 'dropped' });
    expect(subjects()).toEqual([]);
  });

  it('is given up at once when we are stopped', async () => {
    server = await startMailServer();
    server.fault({ is: 'stall', ms: 400 });
    expect(await tell({ signal: AbortSignal.timeout(100) })).toMatchObject({ is: 'again' });
    expect(await tell({ signal: AbortSignal.abort() })).toMatchObject({ is: 'again' });
    expect(subjects()).toEqual([]);
  });
});

describe('the address of the mail server', () => {
  it('holds credentials that are used', async () => {
    server = await startMailServer({ credentials: { user: 'holdfast', password: 'p:/@ss' } });
    expect(await tell()).toMatchObject({ is: 'sent' });
    const wrong = await tell({ smtp: server.url.replace('holdfast:', 'other:') });
    expect(wrong).toMatchObject({ is: 'again', seconds: 300, code: '535' });
  });

  it.each(['hunter22', 'smtp://u:%E0%A4%A@localhost'])(
    'that cannot be read is a trouble that does not pass: %s',
    async (smtp) => {
      server = await startMailServer();
      const told = await tell({ smtp });
      expect(told).toMatchObject({ is: 'again', seconds: 300, code: 'address' });
      expect(JSON.stringify(told)).not.toMatch(/hunter22|%E0/);
    },
  );

  it('at which nobody listens is tried again', async () => {
    server = await startMailServer();
    const gone = await startMailServer();
    await gone.stop();
    expect(await tell({ smtp: gone.url })).toMatchObject({ is: 'again', seconds: 0, code: null });
  });
});
