// What the sender tells of incidents, alerts and reports, from references.
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import type { Telling } from '../../../src/core/ports.ts';
import { alertTopic } from '../../../src/notify/alert-topic.ts';
import { incidentTopic } from '../../../src/notify/incident-topic.ts';
import { reportTopic } from '../../../src/notify/report-topic.ts';
import type { FileToSend } from '../../../src/notify/topic.ts';
import { AT, alert, report, shownSystem, storyOf } from '../../support/shown.ts';

const now = () => new Date(AT);
const CARD: Telling = { kind: 'card' };

describe('an incident', () => {
  const { sight } = storyOf('recovering');
  const topic = incidentTopic({ sightOf: async () => sight, now });
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

  it('that is not known here is nothing', async () => {
    const gone = new Refusal('no-such-incident', 'There is none.', 'See the list.');
    expect(await incidentTopic({ sightOf: () => Promise.reject(gone), now })('inc-9', CARD)).toBeNull();
  });

  it('that could not be read is tried again', async () => {
    const away = incidentTopic({ sightOf: () => Promise.reject(new Error('the store is away')), now });
    await expect(away('inc-1', CARD)).rejects.toThrow('the store is away');
  });
});

describe('an alert', () => {
  const topicOf = (systems: Parameters<typeof alertTopic>[0]['systems']) =>
    alertTopic({ alerts: { load: async (id) => (id === alert.id ? alert : null) }, systems, now });

  it('has a card and nothing else', async () => {
    const topic = topicOf([shownSystem]);
    expect((await topic(alert.id, CARD))?.compose()).toMatchObject({ text: expect.stringContaining('al-12 CRITICAL') });
    expect((await topic(alert.id, { kind: 'note', seq: 1 }))?.compose()).toBeNull();
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
