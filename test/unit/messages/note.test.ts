import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/core/journal.ts';
import { note } from '../../../src/messages/note.ts';
import { problemsOf } from '../../support/limits.ts';
import { REQUESTER, type Story, stagingStories, stories } from '../../support/operations.ts';
import { render } from '../../support/render.ts';

const told = ({ operation, entries }: Story) =>
  entries.map((entry) => ({ entry, message: note(operation, entry, {}) }));

describe('notes in the thread', () => {
  it.each([...stories.keys()])('tell the story: %s', async (name) => {
    const notes = told(stories.get(name) as Story).flatMap(({ message }) => (message === null ? [] : [message]));
    expect(notes.flatMap(problemsOf)).toEqual([]);
    const text = notes.map(render).join('\n========\n');
    await expect(text === '' ? 'nothing to tell' : text).toMatchFileSnapshot(
      `__snapshots__/notes/${name.replaceAll(/[^a-z]+/g, '-')}.txt`,
    );
  });

  it('are not written about intents, progress and the proposal', () => {
    const all = [...stories.values()].flatMap(told);
    const silent = new Set(all.filter(({ message }) => message === null).map(({ entry }) => entry.event.type));
    expect([...silent].sort()).toEqual([
      'consented',
      'proposed',
      'started',
      'step_progress',
      'step_started',
      'undo_started',
    ]);
  });

  it('call those who may approve, without whoever asked, for as long as they are waited for', () => {
    const [waiting] = [...stories.values()].filter(
      ({ operation: { state, plan } }) => state === 'awaiting_approval' && plan.consent.kind === 'approvals',
    );
    if (waiting === undefined) throw new Error('no story waits for approvals');
    const { operation, entries } = waiting;
    const [proposed] = entries;
    if (proposed === undefined || operation.plan.consent.kind !== 'approvals') throw new Error('nothing is proposed');
    const [first = '', second = ''] = operation.plan.consent.roles;
    const roles = { [first]: { group: 'S01LEADS' }, [second]: { users: ['U0ELSE', operation.requestedBy] } };
    const called = `${operation.id} waits for 2 approvals: <!subteam^S01LEADS|@${first}> <@U0ELSE>`;
    expect(note(operation, proposed, roles)?.text).toBe(called);
    const voided: Entry = { ...proposed, event: { type: 'voided', by: ['U02BOB'], why: 'the role is gone' } };
    expect(render(note(operation, voided, roles) ?? { text: '', blocks: [] })).toContain('<@U0ELSE>');
    expect(note({ ...operation, state: 'cancelled' }, proposed, roles)).toBeNull();
    expect(note(operation, proposed, {})).toBeNull();
  });

  it('say that an adopted step was not done twice', () => {
    const story = stagingStories['adopted and succeeded'] as Story;
    const adopted = told(story).find(({ entry }) => entry.event.type === 'step_ended' && entry.event.adopted);
    expect(adopted?.message?.text).toContain('it was not done twice');
  });

  it('mention whoever stopped it, from the journal', () => {
    const story = stagingStories['cancelled before anything'] as Story;
    expect(told(story).map(({ message }) => message?.text)).toContain(
      `op-42 was stopped: <@${REQUESTER}> cancelled it. There was nothing to take back.`,
    );
  });
});
