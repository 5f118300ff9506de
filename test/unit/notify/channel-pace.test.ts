// How long a channel is left alone, and how often its trouble is complained about.
import { describe, expect, it, vi } from 'vitest';
import { ChannelPace } from '../../../src/notify/channel-pace.ts';

describe('a channel', () => {
  it('rests longer with each failure in a row, up to a minute', () => {
    const pace = new ChannelPace();
    expect([0, 0, 0, 0, 0, 0].map((none) => pace.failed('C1', none))).toEqual([1, 2, 5, 15, 60, 60]);
  });

  it('rests for as long as Slack asks when that is longer', () => {
    expect(new ChannelPace().failed('C1', 30)).toBe(30);
  });

  it('begins with short rests again after a success', () => {
    const pace = new ChannelPace();
    pace.failed('C1', 0);
    pace.failed('C1', 0);
    pace.succeeded('C1');
    expect(pace.failed('C1', 0)).toBe(1);
  });

  it('rests without the others', () => {
    const pace = new ChannelPace();
    pace.failed('C1', 20);
    expect([pace.restSeconds('C1'), pace.restSeconds('C2')]).toEqual([20, 0]);
  });

  it('may be posted to again after a second', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const pace = new ChannelPace();
    pace.posted('C1');
    expect([pace.msToNextPost('C1'), pace.msToNextPost('C2')]).toEqual([1000, 0]);
    vi.advanceTimersByTime(1000);
    expect(pace.msToNextPost('C1')).toBe(0);
    vi.useRealTimers();
  });

  it('has news only when its trouble changes or comes back', () => {
    const pace = new ChannelPace();
    const heard = ['is_archived', 'is_archived', 'not_in_channel'].map((code) => pace.isNews('C1', code));
    expect(heard).toEqual([true, false, true]);
    pace.succeeded('C1');
    expect(pace.isNews('C1', 'not_in_channel')).toBe(true);
  });
});
