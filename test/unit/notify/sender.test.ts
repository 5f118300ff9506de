// What becomes of tellings when Slack answers, refuses, or leaves it open.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/journal.ts';
import type { OperationStore } from '../../../src/core/ports.ts';
import { Secret } from '../../../src/core/secret.ts';
import { operationTopic } from '../../../src/notify/operation-topic.ts';
import { type Sender, startSender } from '../../../src/notify/sender.ts';
import { slackClient } from '../../../src/notify/slack-client.ts';
import type { Topic, Topics, Upload } from '../../../src/notify/topic.ts';
import { type Call, type Given, startWebApi, type WebApi } from '../people/slack-server.ts';
import { anOperation, type Told } from './an-operation.ts';
import { MemoryOutbox } from './memory-outbox.ts';
import { keptLog, quiet } from './quiet.ts';

const CHANNEL = 'C01INCIDENTS';
const CONFIRMED: Event = { type: 'confirmed', by: 'U01ALICE' };
const lost: Given = (response) => response.destroy();

let slack: WebApi;
let sender: Sender | undefined;
let outbox: MemoryOutbox;
let log: ReturnType<typeof keptLog>;
afterEach(async () => {
  await sender?.stop();
  sender = undefined;
  await slack.close();
});

/** A Slack that takes everything, apart from what `first` says about the first calls of each method. */
async function start(
  first: Readonly<Record<string, readonly Given[]>> = {},
  told: readonly Told[] = [anOperation({ events: [CONFIRMED] })],
  operations: Pick<OperationStore, 'load' | 'journal'> = storeOf(told),
  more: Partial<Topics> = {},
) {
  const given = new Map(Object.entries(first).map(([method, answers]) => [method, [...answers]]));
  slack = await startWebApi(({ method, args }) => {
    const ts = `1700000000.00000${slack.count('chat.postMessage')}`;
    const file_id = `F0${slack.count('files.getUploadURLExternal')}`;
    const upload_url = slack.url.replace('/api/', `/upload-${file_id}`);
    return given.get(method)?.shift() ?? { ok: true, channel: args.get('channel'), ts, file_id, upload_url };
  });
  outbox = new MemoryOutbox();
  log = keptLog();
  const begin = () => {
    sender = startSender({
      client: slackClient({ token: new Secret('xoxb-test'), apiUrl: slack.url, logger: quiet, redact: String }),
      outbox,
      topics: topicsOf(
        operationTopic({
          operations,
          systems: [{ name: 'ledger', channel: CHANNEL, roles: {}, updates: { everyMinutes: 15 } }],
          now: () => new Date('2026-11-20T14:16:00.000Z'),
        }),
        more,
      ),
      log,
      intervalMs: 10,
    });
  };
  return { begin };
}

function storeOf(told: readonly Told[]): Pick<OperationStore, 'load' | 'journal'> {
  const find = (id: string) => told.find(({ operation }) => operation.id === id);
  return {
    load: async (id) => find(id)?.operation ?? null,
    journal: async (id) => find(id)?.entries ?? [],
  };
}

/** Nothing is known of any other subject. */
function topicsOf(op: Topic, more: Partial<Topics>): Topics {
  const unknown: Topic = async () => null;
  return { op, inc: unknown, al: unknown, rep: unknown, ...more };
}

async function until(what: () => boolean): Promise<void> {
  for (let waited = 0; waited < 4_000; waited += 10) {
    if (what()) return;
    await sleep(10);
  }
  throw new Error(`it did not happen: ${what}; ${JSON.stringify(outbox.rows)}; ${JSON.stringify(log.lines)}`);
}

const posts = (method = 'chat.postMessage') => slack.calls.filter((call) => call.method === method);
const placed = ({ args }: Call) => ({ channel: args.get('channel'), thread: args.get('thread_ts') });

describe('a card', () => {
  it('is posted once and then edited in its place', async () => {
    const { begin } = await start();
    await outbox.add('op-41', { kind: 'card' });
    begin();
    await until(() => outbox.cards.has('op-41'));
    expect(outbox.cards.get('op-41')).toMatchObject({ channel: CHANNEL, seq: 2 });
    await outbox.add('op-41', { kind: 'card' });
    await until(() => slack.count('chat.update') === 1);
    const [update] = posts('chat.update');
    expect(update?.args.get('ts')).toBe(outbox.cards.get('op-41')?.ts);
    expect(update?.args.get('blocks')).toContain('Restore a001 into staging');
    expect(slack.count('chat.postMessage')).toBe(1);
  });

  it.each(['message_not_found', 'cant_update_message'])('is posted anew when an edit meets %s', async (error) => {
    const { begin } = await start({ 'chat.update': [{ ok: false, error }] });
    outbox.cards.set('op-41', { channel: CHANNEL, ts: '1600000000.000001', seq: 1 });
    await outbox.add('op-41', { kind: 'card' });
    begin();
    await until(() => outbox.fates()[0] === 'card sent');
    expect(outbox.forgotten).toEqual(['op-41']);
    expect(posts().map(placed)).toEqual([{ channel: CHANNEL, thread: null }]);
    expect(outbox.cards.get('op-41')?.ts).not.toBe('1600000000.000001');
  });

  it('is posted again when nobody knows whether it arrived', async () => {
    const { begin } = await start({ 'chat.postMessage': [lost] });
    await outbox.add('op-41', { kind: 'card' });
    begin();
    await until(() => outbox.fates()[0] === 'card sent');
    expect(slack.count('chat.postMessage')).toBe(2);
  });

  it('is edited again when nobody knows whether the edit arrived', async () => {
    const { begin } = await start({ 'chat.update': [lost] });
    outbox.cards.set('op-41', { channel: CHANNEL, ts: '1600000000.000001', seq: 1 });
    await outbox.add('op-41', { kind: 'card' });
    begin();
    await until(() => outbox.fates()[0] === 'card sent');
    expect(slack.count('chat.update')).toBe(2);
    expect(slack.count('chat.postMessage')).toBe(0);
  });

  it('is sent as bare text when Slack refuses its blocks', async () => {
    const { begin } = await start({ 'chat.postMessage': [{ ok: false, error: 'invalid_blocks' }] });
    await outbox.add('op-41', { kind: 'card' });
    begin();
    await until(() => outbox.fates()[0] === 'card sent');
    expect(posts().map(({ args }) => args.get('blocks') === '[]')).toEqual([false, true]);
    expect(posts()[1]?.args.get('text')).toContain('op-41');
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });
});

describe('a note', () => {
  it('is a reply to the card, and waits for it', async () => {
    const { begin } = await start();
    await outbox.add('op-41', { kind: 'note', seq: 2 });
    await outbox.add('op-41', { kind: 'card' });
    begin();
    await until(() => outbox.fates().every((fate) => fate.endsWith('sent')));
    expect(posts().map(placed)).toEqual([
      { channel: CHANNEL, thread: null },
      { channel: CHANNEL, thread: outbox.cards.get('op-41')?.ts },
    ]);
  });

  it.each<[string, Given, string]>([
    ['Slack asked to wait', (response) => response.writeHead(429, { 'retry-after': '1' }).end(), 'note sent'],
    ['Slack was down', (response) => response.writeHead(503).end(), 'note sent'],
    ['the reply was lost', lost, 'note dropped'],
  ])('is never posted twice: %s', async (_, fault, fate) => {
    let arrived = 0;
    const { begin } = await start({
      'chat.postMessage': [
        fault === lost
          ? (response) => {
              arrived += 1;
              response.destroy();
            }
          : fault,
      ],
    });
    outbox.cards.set('op-41', { channel: CHANNEL, ts: '1600000000.000001', seq: 1 });
    await outbox.add('op-41', { kind: 'note', seq: 2 });
    begin();
    await until(() => outbox.fates()[0] === fate);
    // Once, or once more when it was looked at in the very moment in which the channel's rest ended.
    expect(outbox.rows[0]?.whys.length).toBeGreaterThan(0);
    await sleep(60);
    expect(arrived + (fate === 'note sent' ? slack.count('chat.postMessage') - 1 : 0)).toBe(1);
  });

  it('is not posted when a former attempt may have arrived', async () => {
    const { begin } = await start();
    outbox.cards.set('op-41', { channel: CHANNEL, ts: '1600000000.000001', seq: 1 });
    await outbox.add('op-41', { kind: 'note', seq: 2 });
    for (const row of outbox.rows) row.uncertain = true;
    begin();
    await until(() => outbox.fates()[0] === 'note dropped');
    expect(slack.calls).toEqual([]);
  });

  it('is dropped when its entry is nothing to talk about', async () => {
    const { begin } = await start();
    outbox.cards.set('op-41', { channel: CHANNEL, ts: '1600000000.000001', seq: 1 });
    await outbox.add('op-41', { kind: 'note', seq: 99 });
    begin();
    await until(() => outbox.fates()[0] === 'note dropped');
    expect(slack.calls).toEqual([]);
  });

  it('asks for a new card when its thread is gone', async () => {
    const { begin } = await start({ 'chat.postMessage': [{ ok: false, error: 'thread_not_found' }] });
    outbox.cards.set('op-41', { channel: CHANNEL, ts: '1600000000.000001', seq: 1 });
    await outbox.add('op-41', { kind: 'note', seq: 2 });
    begin();
    await until(() => outbox.fates().includes('card sent'));
    expect(outbox.fates()).toEqual(['note waiting', 'card sent']);
  });

  it('does not overtake the one before it that could not be delivered', async () => {
    const { begin } = await start({ 'chat.postMessage': [(response) => response.writeHead(503).end()] }, [
      anOperation({ events: [CONFIRMED, { type: 'started' }] }),
    ]);
    outbox.cards.set('op-41', { channel: CHANNEL, ts: '1600000000.000001', seq: 1 });
    await outbox.add('op-41', { kind: 'note', seq: 2 });
    await outbox.add('op-41', { kind: 'note', seq: 3 });
    begin();
    await until(() => outbox.fates().every((fate) => fate.endsWith('sent')));
    const [first, second, third] = posts().map(({ args }) => args.get('text'));
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });
});

describe('a status update', () => {
  it('is posted to the channel itself', async () => {
    const { begin } = await start();
    outbox.cards.set('op-41', { channel: CHANNEL, ts: '1600000000.000001', seq: 1 });
    await outbox.add('op-41', { kind: 'update', period: 1 });
    begin();
    await until(() => outbox.fates()[0] === 'update sent');
    expect(posts().map(placed)).toEqual([{ channel: CHANNEL, thread: null }]);
  });
});

describe('the sender', () => {
  it('keeps a second between two posts to a channel', async () => {
    const { begin } = await start({}, [anOperation(), anOperation({ id: 'op-42' })]);
    await outbox.add('op-41', { kind: 'card' });
    await outbox.add('op-42', { kind: 'card' });
    // From before the first one: what is seen late must not make the pause look shorter.
    const before = performance.now();
    begin();
    await until(() => slack.count('chat.postMessage') === 2);
    expect(performance.now() - before).toBeGreaterThan(900);
  });

  it.each(['channel_not_found', 'is_archived', 'not_in_channel'])(
    'complains once about a channel with %s and keeps its messages',
    async (error) => {
      const refused = { ok: false, error };
      const { begin } = await start({ 'chat.postMessage': [refused, refused, refused] });
      await outbox.add('op-41', { kind: 'card' });
      begin();
      await until(() => outbox.rows[0]?.whys.length === 1);
      const [row] = outbox.rows;
      expect(row?.state).toBe('waiting');
      expect((row?.dueAt ?? 0) - Date.now()).toBeGreaterThan(50_000);
      if (row !== undefined) row.dueAt = 0;
      await until(() => (row?.whys.length ?? 0) > 1);
      expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    },
  );

  it('goes on when the store was away, and tells what it could not tell then', async () => {
    const told = storeOf([anOperation()]);
    let away = 2;
    const { begin } = await start({}, [], {
      journal: told.journal,
      async load(id) {
        away -= 1;
        if (away >= 0) throw new Error('the store is away');
        return told.load(id);
      },
    });
    await outbox.add('op-41', { kind: 'update', period: 1 });
    begin();
    await until(() => away === 1);
    // What was taken and never recorded comes back as uncertain; this process knows better.
    for (const row of outbox.rows) Object.assign(row, { state: 'waiting', uncertain: true });
    await until(() => away === 0);
    for (const row of outbox.rows) Object.assign(row, { state: 'waiting', uncertain: true });
    await until(() => outbox.fates()[0] === 'update sent');
  });

  it('finishes the message in flight when it is stopped, and sends no other', async () => {
    const { begin } = await start({
      'chat.postMessage': [
        (response) => {
          setTimeout(() => response.writeHead(200).end(JSON.stringify({ ok: true, channel: CHANNEL, ts: '1.1' })), 150);
        },
      ],
    });
    await outbox.add('op-41', { kind: 'card' });
    await outbox.add('op-41', { kind: 'note', seq: 2 });
    begin();
    await until(() => slack.count('chat.postMessage') === 1);
    await sender?.stop();
    expect(outbox.fates()).toEqual(['card sent', 'note waiting']);
    await sleep(50);
    expect(slack.calls).toHaveLength(1);
  });

  it('drops what belongs to no operation that is known', async () => {
    const { begin } = await start();
    await outbox.add('op-99', { kind: 'card' });
    begin();
    await until(() => outbox.fates()[0] === 'card dropped');
    expect(slack.calls).toEqual([]);
  });
});

describe('files', () => {
  const text = { name: 'report.md', title: 'Report', data: new TextEncoder().encode('# Report'), alt: null };
  const picture = { name: 'times.png', title: 'Times', data: new Uint8Array([137, 80]), alt: 'Recovery in 2 min 41 s' };
  const files: Upload = { comment: 'Drill *monthly*: PASS', files: [text, picture] };
  const rep: Topic = async () => ({ channel: CHANNEL, seq: 1, compose: () => files });

  async function upload(first: Readonly<Record<string, readonly Given[]>>) {
    const { begin } = await start(first, [], storeOf([]), { rep });
    await outbox.add('rep-3', { kind: 'files' });
    begin();
  }

  it('appear together in the channel, with a sentence, and pictures with what they show', async () => {
    await upload({});
    await until(() => outbox.fates()[0] === 'files sent');
    expect(posts('files.getUploadURLExternal').map(({ args }) => [args.get('filename'), args.get('alt_txt')])).toEqual([
      ['report.md', null],
      ['times.png', 'Recovery in 2 min 41 s'],
    ]);
    expect(posts('/upload-F01').map(({ body }) => body)).toEqual(['# Report']);
    const [complete, ...others] = posts('files.completeUploadExternal');
    expect(others).toEqual([]);
    expect(complete?.args.get('channel_id')).toBe(CHANNEL);
    expect(complete?.args.get('initial_comment')).toBe(files.comment);
    expect(JSON.parse(complete?.args.get('files') ?? '')).toEqual([
      { id: 'F01', title: 'Report' },
      { id: 'F02', title: 'Times' },
    ]);
  });

  it.each<[string, string, Given]>([
    ['no answer to the request for an address', 'files.getUploadURLExternal', lost],
    ['an error of the place they go to', '/upload-F02', (response) => response.writeHead(500).end()],
    ['no answer of the place they go to', '/upload-F02', lost],
    [
      'too many requests',
      'files.completeUploadExternal',
      (response) => response.writeHead(429, { 'retry-after': '1' }).end(),
    ],
  ])('are uploaded again after %s: nothing had appeared', async (_, method, fault) => {
    await upload({ [method]: [fault] });
    await until(() => outbox.fates()[0] === 'files sent');
    expect(slack.count('files.completeUploadExternal')).toBe(method === 'files.completeUploadExternal' ? 2 : 1);
  });

  it('are not uploaded a second time when nobody knows whether they appeared', async () => {
    await upload({ 'files.completeUploadExternal': [lost] });
    await until(() => outbox.fates()[0] === 'files dropped');
    expect(slack.count('files.completeUploadExternal')).toBe(1);
  });
});

describe('a subject', () => {
  it('is told by the topic of its prefix', async () => {
    const told: string[] = [];
    const topic =
      (name: string): Topic =>
      async (subject) => {
        told.push(`${name} ${subject}`);
        return { channel: CHANNEL, seq: 1, compose: () => ({ text: subject, blocks: [] }) };
      };
    const more = { op: topic('op'), inc: topic('inc'), al: topic('al'), rep: topic('rep') };
    const { begin } = await start({}, [], storeOf([]), more);
    for (const subject of ['al-12', 'inc-7', 'rep-3', 'op-1']) await outbox.add(subject, { kind: 'card' });
    await outbox.add('xy-9', { kind: 'card' });
    begin();
    await until(() => outbox.fates()[4] === 'card dropped');
    expect(told).toEqual(['al al-12', 'inc inc-7', 'rep rep-3', 'op op-1']);
  });
});
