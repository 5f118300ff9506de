import { describe, expect, it } from 'vitest';
import { note } from '../../../src/messages/note.ts';
import { problemsOf } from '../../support/limits.ts';
import { REQUESTER, type Story, stagingStories, stories } from '../../support/operations.ts';
import { render } from '../../support/render.ts';

const told = ({ operation, entries }: Story) => entries.map((entry) => ({ entry, message: note(operation, entry) }));

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
