// What the sender tells of incidents, alerts and reports, from references.
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import type { IncidentSight } from '../../../src/core/incident-views.ts';
import type { Telling } from '../../../src/core/ports.ts';
import { alertTopic } from '../../../src/notify/alert-topic.ts';
import { incidentTopic } from '../../../src/notify/incident-topic.ts';
import { withHead } from '../../../src/notify/ledger-head.ts';
import { reportTopic } from '../../../src/notify/report-topic.ts';
import type { FileToSend } from '../../../src/notify/topic.ts';
import { AT, alert, report, shownSystem, storyOf } from '../../support/shown.ts';

const now = () => new Date(AT);
const CARD: Telling = { kind: 'card' };
const channelOf = async ({ system }: IncidentSight) => system.channel;

describe('an incident', () => {
  const { sight } = storyOf('recovering');
  const topic = incidentTopic({ sightOf: async () => sight, channelOf, now });
  const told = async (telling: Telling) => (await topic('inc-1', telling))?.compose() ?? null;

  it('is told in the channel of its system, up to the newest entry', async () => {
    expect(await topic('inc-1', CARD)).toMatchObject({ channel: 'C01INCIDENTS', seq: sight.incident.last.seq });
  });

  it.each<[Telling, string]>([
    [CARD, 'inc-1 RECOVERING'],
    [{ kind: 'note', seq: 2 }, 'acknowledged inc-1'],
    [{ kind: 'update', period: 4 }, 'Update 4 on inc-1'],
    [{ kind: 'update', period: 'last' }, 'Duration'],
  ])('is told as %j', async (telling, words) => {
    expect(await told(telling)).toMatchObject({ text: expect.stringContaining(words) });
  });

  it.each<Telling>([{ kind: 'note', seq: 99 }, { kind: 'files' }])('has nothing to say as %j', async (telling) => {
    expect(await told(telling)).toBeNull();
  });

  it('with a channel of its own is told there, and where that is by itself in the channel of its system', async () => {
    const last = sight.entries.at(-1);
    if (last === undefined) throw new Error('the story has no entries');
    const opened: typeof last = { ...last, seq: 7, event: { type: 'channel', channel: 'C09OWN', why: null } };
    const own = incidentTopic({
      sightOf: async () => ({ ...sight, entries: [opened] }),
      channelOf: async () => 'C09OWN',
      now,
    });
    expect(await own('inc-1', CARD)).toMatchObject({ channel: 'C09OWN' });
    const where = await own('inc-1', { kind: 'note', seq: 7 });
    expect(where).toMatchObject({ channel: 'C01INCIDENTS', apart: true });
    expect(JSON.stringify(where?.compose())).toContain('<#C09OWN>');
  });

  it('that could not have a channel of its own says why under its card', async () => {
    const last = sight.entries.at(-1);
    if (last === undefined) throw new Error('the story has no entries');
    const refused: typeof last = { ...last, seq: 7, event: { type: 'channel', channel: null, why: 'Slack says no' } };
    const none = incidentTopic({ sightOf: async () => ({ ...sight, entries: [refused] }), channelOf, now });
    const told = await none('inc-1', { kind: 'note', seq: 7 });
    expect(told).not.toHaveProperty('apart');
    expect(JSON.stringify(told?.compose())).toContain('Slack says no');
  });

  it('that is not known here is nothing', async () => {
    const gone = new Refusal('no-such-incident', 'There is none.', 'See the list.');
    expect(await incidentTopic({ sightOf: () => Promise.reject(gone), channelOf, now })('inc-9', CARD)).toBeNull();
  });

  it('that could not be read is tried again', async () => {
    const away = incidentTopic({ sightOf: () => Promise.reject(new Error('the store is away')), channelOf, now });
    await expect(away('inc-1', CARD)).rejects.toThrow('the store is away');
  });
});

describe('the head of the ledger', () => {
  const { sight } = storyOf('recovering');
  const head = { seq: 345, previous: '0'.repeat(64), hash: `0a1b2c3d4e5f${'6'.repeat(52)}` };
  const lastLine = async (telling: Telling, headOf = async (): Promise<typeof head | null> => head) => {
    const topic = withHead(incidentTopic({ sightOf: async () => sight, channelOf, now }), headOf);
    const told = (await topic('inc-1', telling))?.compose();
    const last = told != null && 'blocks' in told ? told.blocks.at(-1) : undefined;
    return last?.type === 'context' ? last.elements.map((one) => ('text' in one ? one.text : '')).join(' · ') : '';
  };

  it('ends cards and status updates', async () => {
    expect(await lastLine(CARD)).toMatch(/ · ledger 345, 0a1b2c3d4e5f$/);
    expect(await lastLine({ kind: 'update', period: 4 })).toMatch(/ · ledger 345, 0a1b2c3d4e5f$/);
  });

  it('is not in notes, nor where nothing was written yet', async () => {
    expect(await lastLine({ kind: 'note', seq: 2 })).not.toMatch(/ledger/);
    expect(await lastLine(CARD, async () => null)).not.toMatch(/ledger/);
  });

  it('that cannot be read holds a message up until it can', async () => {
    await expect(lastLine(CARD, () => Promise.reject(new Error('the store is away')))).rejects.toThrow('away');
  });
});

describe('an alert', () => {
  const topicOf = (systems: Parameters<typeof alertTopic>[0]['systems']) =>
    alertTopic({ alerts: { load: async (id) => (id === alert.id ? alert : null) }, systems, now });

  it('has a card and nothing else', async () => {
    const topic = topicOf([shownSystem]);
    expect((await topic(alert.id, CARD))?.compose()).toMatchObject({ text: expect.stringContaining('al-12 CRITICAL') });
    const note = (await topic(alert.id, { kind: 'note', seq: 1 }))?.compose();
    expect(note).toMatchObject({ text: expect.stringMatching(/^al-12 is CRITICAL now: .* Answer at once\./s) });
    expect((await topic(alert.id, { kind: 'files' }))?.compose()).toBeNull();
  });

  it('of which the alert or the system is not known is nothing', async () => {
    expect(await topicOf([shownSystem])('al-99', CARD)).toBeNull();
    expect(await topicOf([])(alert.id, CARD)).toBeNull();
  });
});

describe('a report', () => {
  const file: FileToSend = { name: 'report.md', title: 'Report', data: new Uint8Array([1]), alt: null };
  const topicOf = (filesOf: Parameters<typeof reportTopic>[0]['filesOf'], systems = [shownSystem]) =>
    reportTopic({ reports: { load: async (id) => (id === report.id ? report : null) }, systems, filesOf });

  it('is its files with a sentence', async () => {
    const source = await topicOf(async () => [file])(report.id, { kind: 'files' });
    expect(source?.channel).toBe('C01INCIDENTS');
    expect(source?.compose()).toEqual({ comment: expect.stringContaining('*FAIL*'), files: [file] });
  });

  it('that cannot be rendered fails in composing, where it stops no other message', async () => {
    const source = await topicOf(() => Promise.reject(new Error('no fonts')))(report.id, { kind: 'files' });
    expect(() => source?.compose()).toThrow('no fonts');
  });

  it('that is not known, or asked for as anything but files, is nothing', async () => {
    const topic = topicOf(async () => [file]);
    expect(await topic('rep-99', { kind: 'files' })).toBeNull();
    expect(await topic(report.id, CARD)).toBeNull();
    expect(await topicOf(async () => [file], [])(report.id, { kind: 'files' })).toBeNull();
  });
});
