import { describe, expect, it } from 'vitest';
import { statusUpdate } from '../../../src/messages/status-update.ts';
import { problemsOf } from '../../support/limits.ts';
import { productionStories, START, type Story, stories } from '../../support/operations.ts';
import { render } from '../../support/render.ts';

const minutesIn = (minutes: number) => new Date(Date.parse(START) + minutes * 60_000);
const update = ({ operation, entries }: Story, period: number | 'last', now: Date) =>
  statusUpdate(operation, entries, { period, now, everyMinutes: 15 });
const named = (name: string) => productionStories[name] as Story;

describe('the status update', () => {
  it('tells what happened since the last one, what is awaited, and when the next is due', () => {
    const message = update(named('rehearsed, waiting for the lead'), 1, minutesIn(15));
    expect(problemsOf(message)).toEqual([]);
    expect(render(message)).toMatchSnapshot();
  });

  it('says openly that nothing changed', () => {
    const text = render(update(named('unclear promote'), 2, minutesIn(30)));
    expect(text).toContain('Nothing changed since 15:05 UTC');
    expect(text).toContain('Next update due at 15:35 UTC');
    expect(text).toMatchSnapshot();
  });

  it('says that a step was never timed instead of guessing', () => {
    const text = render(update(stories.get('staging restore: running, never timed') as Story, 1, minutesIn(15)));
    expect(text).toContain('unknown: never timed here');
  });

  it('is due again in the future when it is composed late', () => {
    expect(update(named('unclear promote'), 2, minutesIn(47)).text).toContain('Next update due at 15:50 UTC');
  });

  it.each(Object.keys(productionStories))('closes with outcome and proof: %s', (name) => {
    const story = named(name);
    const message = update(story, 'last', story.now);
    expect(problemsOf(message)).toEqual([]);
    expect(message.text).toMatch(/^Last update on op-41, /);
  });

  it.each(['succeeded', 'a person said it happened', 'failed, all taken back', 'expired'])(
    'reads at the end: %s',
    (name) => {
      const story = named(name);
      expect(render(update(story, 'last', story.now))).toMatchSnapshot();
    },
  );

  it('writes the date only where the moment was not today', () => {
    const message = update(named('unclear promote'), 40, minutesIn(15 * 40));
    expect(render(message)).toContain('since 00:35 UTC');
    expect(render(message)).toContain('since 2025-11-21 14:55 UTC');
  });
});
