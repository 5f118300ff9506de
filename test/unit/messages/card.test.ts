import { describe, expect, it } from 'vitest';
import { STATES } from '../../../src/core/operation.ts';
import { ACTIONS, readButtonValue } from '../../../src/messages/buttons.ts';
import { card } from '../../../src/messages/card.ts';
import { STATE_WORDS } from '../../../src/messages/state-words.ts';
import { problemsOf } from '../../support/limits.ts';
import { asking, productionStories, type Story, stories } from '../../support/operations.ts';
import { render } from '../../support/render.ts';

function storyOf(name: string): Story {
  const story = stories.get(name);
  if (story === undefined) throw new Error(`there is no story ${name}`);
  return story;
}

const shown = (name: string) => {
  const { operation, now } = storyOf(name);
  return card(operation, now);
};
const buttonsOf = (name: string) =>
  shown(name)
    .blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((element) => (element.type === 'button' ? [element] : []));
const labels = (name: string) => buttonsOf(name).map(({ text }) => text.text);

describe('the card', () => {
  it.each([...stories.keys()])('reads as agreed: %s', async (name) => {
    const message = shown(name);
    expect(problemsOf(message)).toEqual([]);
    await expect(render(message)).toMatchFileSnapshot(`__snapshots__/cards/${name.replaceAll(/[^a-z]+/g, '-')}.txt`);
  });

  it('has a story for every state', () => {
    const told = new Set([...stories.values()].map(({ operation }) => operation.state));
    expect(STATES.filter((state) => !told.has(state))).toEqual([]);
  });

  it.each([...stories.keys()])('says its state as a word in the headline and in the notification: %s', (name) => {
    const { operation } = storyOf(name);
    const message = shown(name);
    expect(message.text).toContain(STATE_WORDS[operation.state]);
    expect(message.blocks[0]).toMatchObject({
      type: 'header',
      text: { text: expect.stringMatching(STATE_WORDS[operation.state]) },
    });
  });

  it.each([...stories.keys()])('binds every button to the operation and its digest: %s', (name) => {
    const { operation } = storyOf(name);
    for (const { value } of buttonsOf(name)) {
      expect(readButtonValue(value)).toMatchObject({ operation: operation.id, digest: operation.digest });
    }
  });

  it('says with an ellipsis that an approval takes a one-time code', () => {
    const { operation, now } = storyOf('production restore: rehearsed, waiting for the lead');
    const shownNow = render(card(asking(operation, 'totp'), now));
    expect(shownNow).toContain('Approve…');
    expect(shownNow).toContain('each with a one-time code');
  });

  it('offers only what can be decided in the state', () => {
    const offered = [...stories.keys()].map((name) => `${name}: ${labels(name).join(', ')}`);
    expect(offered).toMatchInlineSnapshot(`
      [
        "production restore: just proposed: Approve, Deny, Cancel",
        "production restore: rehearsing, one approval: Approve, Deny, Cancel",
        "production restore: rehearsed, waiting for the lead: Approve, Deny, Cancel",
        "production restore: approved, queued: Deny, Cancel",
        "production restore: an approval voided: Approve, Deny, Cancel",
        "production restore: running behind the gate: ",
        "production restore: unclear promote: It happened, It did not, Abandon and undo",
        "production restore: a person said it happened: Undo…",
        "production restore: failed promote, taking back: ",
        "production restore: failed, all taken back: ",
        "production restore: taking back is unclear: It happened, It did not, Leave it as it is",
        "production restore: left as it is, cancelled: ",
        "production restore: expired: ",
        "production restore: succeeded: Undo…",
        "production restore: undone: ",
        "staging restore: waiting for the typed name: Confirm…, Cancel",
        "staging restore: running, never timed: Cancel",
        "staging restore: adopted and succeeded: Undo…",
        "staging restore: cancelled before anything: ",
        "rollback: waiting for approval: Approve, Deny, Cancel",
        "rollback: ended, unverified: Undo…",
        "verify: queued: Cancel",
        "verify: passed with a warning: ",
        "verify: a backup is missing: ",
        "deep verify: restoring into a scratch database: Cancel",
        "deep verify: proven: ",
      ]
    `);
  });

  it('of a drill asks people to join while it lasts, and names who did', () => {
    const { operation, now } = storyOf('deep verify: restoring into a scratch database');
    const drill = { ...operation, plan: { ...operation.plan, verb: 'drill' as const } };
    const joinable = render(card(drill, now));
    expect(joinable).toContain('[Join] [Cancel]');
    expect(joinable).toContain('*Take part:* nobody has joined yet');
    expect(render(card({ ...drill, joined: ['U02BOB'] }, now))).toContain('*Take part:* <@U02BOB>');
    expect(render(card({ ...drill, state: 'failed' }, now))).not.toContain('[Join]');
    expect(render(card(operation, now))).not.toContain('Take part');
  });

  it('asks once more before a denial', () => {
    const deny = buttonsOf('production restore: just proposed').find(({ action_id }) => action_id === ACTIONS.deny);
    expect(deny).toMatchObject({ style: 'danger', confirm: { style: 'danger' } });
  });

  it('names the question in its answers', () => {
    const values = buttonsOf('production restore: unclear promote').map(({ value }) => readButtonValue(value)?.asks);
    expect(values).toEqual(Array(3).fill(storyOf('production restore: unclear promote').operation.question?.seq));
  });

  it('does not call a step undone that a person left as it is', () => {
    const text = render(shown('production restore: left as it is, cancelled'));
    expect(text).toContain('LEFT AS IT IS');
    expect(text).not.toMatch(/\bundone\b/);
  });

  it('shows what each step will run while consent is open, and not any more afterwards', () => {
    expect(render(shown('production restore: just proposed'))).toContain('`heroku maintenance:on');
    expect(render(shown('production restore: succeeded'))).not.toContain('`heroku maintenance:on');
  });

  it('keeps a verdict of FAIL in the headline of a verification that ran to its end', () => {
    expect(shown('verify: a backup is missing').text).toMatch(/^op-39 SUCCEEDED, verdict FAIL:/);
  });

  it('is this JSON while it waits for approval', () => {
    expect(shown('rollback: waiting for approval')).toMatchSnapshot();
  });

  it('folds a long list of steps to the work at hand', () => {
    const { operation, now } = productionStories['running behind the gate'] ?? storyOf('');
    const [first] = operation.plan.steps;
    if (first === undefined) throw new Error('no steps');
    const steps = Array.from({ length: 99 }, (_, at) => ({ ...first, id: `s${at + 1}`, title: `Part ${at + 1}` }));
    const waiting = { startedAt: null, endedAt: null, before: null, progress: null, outcome: null, undone: null };
    const states = steps.map(({ id }, at) => [
      id,
      { ...waiting, state: at < 50 ? ('done' as const) : ('waiting' as const) },
    ]);
    const long = { ...operation, plan: { ...operation.plan, steps, gate: 40 }, steps: Object.fromEntries(states) };
    const message = card(long, now);
    expect(problemsOf(message)).toEqual([]);
    expect(render(message)).toContain('1–40. done\n— approval given, passed here —\n41–48. done\n');
    expect(render(message)).toContain('54–99. waiting');
  });
});
