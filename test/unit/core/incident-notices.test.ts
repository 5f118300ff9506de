// Who is told what outside of Slack.
import { describe, expect, it } from 'vitest';
import { notifiersFor } from '../../../src/core/incident-notices.ts';
import type { Notice } from '../../../src/core/incident-ports.ts';
import type { Level } from '../../../src/core/incident-rules.ts';
import { guardedSystem } from '../../support/incidents.ts';
import { systemOf } from '../../support/system.ts';

const to = (is: Notice['is'], ...levels: Level[]) => notifiersFor(is, { levels }, guardedSystem());

describe('notifiersFor', () => {
  it.each<[Notice['is'], string[]]>([
    ['declared', ['pagerduty', 'statuspage', 'email']],
    ['acknowledged', ['pagerduty', 'email']],
    ['updated', ['statuspage', 'email']],
    ['ongoing', ['statuspage']],
    ['escalated', ['email']],
    ['resolved', ['pagerduty', 'statuspage', 'email']],
  ])('tells those that are concerned that it is %s', (is, expected) => {
    expect(to(is, 1)).toEqual(expected);
  });

  it('goes by the levels of each notifier', () => {
    expect(to('declared', 2)).toEqual(['statuspage', 'email']);
    expect(to('declared', 3)).toEqual(['email']);
  });

  it('tells the end to all who heard of it at any level', () => {
    expect(to('resolved', 1, 3)).toEqual(['pagerduty', 'statuspage', 'email']);
  });

  it('tells nobody where no notifier is configured', () => {
    expect(notifiersFor('declared', { levels: [1] }, systemOf())).toEqual([]);
  });
});
