import { describe, expect, it } from 'vitest';
import type { Verb } from '../../../src/core/command.ts';
import { Refusal } from '../../../src/core/errors.ts';
import type { Backup } from '../../../src/core/facts.ts';
import { GRAMMAR } from '../../../src/core/grammar.ts';
import type { Event } from '../../../src/core/journal.ts';
import type { Answer, View } from '../../../src/core/views.ts';
import { answerMessage, brokenMessage, notQueuedMessage, refusalMessage } from '../../../src/messages/answers.ts';
import { problemsOf, strangeMarkup, textsOf } from '../../support/limits.ts';
import {
  productionRestore,
  productionStories,
  proof,
  type Story,
  stories,
  story,
  system,
} from '../../support/operations.ts';
import { render } from '../../support/render.ts';

type Told = readonly [number, Event];

const channel = 'C0INCIDENT';
const { operation } = productionStories['just proposed'] as Story;
const shown = (view: View) => answerMessage({ is: 'view', view }, { channel });
const fits = (answer: Exclude<Answer, { is: 'dialog' }>) => {
  const message = answerMessage(answer, { channel });
  expect(problemsOf(message)).toEqual([]);
  return render(message);
};

const backups: Backup[] = Array.from({ length: 40 }, (_, at) => ({
  id: `a${String(40 - at).padStart(3, '0')}`,
  kind: at === 3 ? 'manual' : 'scheduled',
  state: at === 0 ? 'running' : 'finished',
  startedAt: new Date(Date.parse('2025-11-21T02:00:00.000Z') - at * 86_400_000).toISOString(),
  finishedAt: at === 0 ? null : '2025-11-20T02:04:00.000Z',
  bytes: at === 0 ? null : 245_000_000 - at * 1_000_000,
  sha256: null,
}));

describe('the answer to a command', () => {
  it('says where the card is', () => {
    expect(fits({ is: 'operation', operation, late: false })).toContain(
      'Planned as op-41; the card is in <#C0INCIDENT>.',
    );
  });

  it('says that it starts late while the queue is down', () => {
    expect(fits({ is: 'operation', operation, late: true })).toMatchSnapshot();
  });

  it('does not link a place that is no channel', () => {
    const { text } = answerMessage({ is: 'operation', operation, late: false }, { channel: 'D0DIRECT' });
    expect(text).toBe("Planned as op-41; the card is in the system's channel.");
  });

  it('does not call a cancelled operation planned', () => {
    const cancelled = (stories.get('staging restore: cancelled before anything') as Story).operation;
    expect(fits({ is: 'operation', operation: cancelled, late: false })).toContain('op-42 is CANCELLED');
  });

  it('gives the reason of a refusal and what to do next, commands in code format', () => {
    const refusal = new Refusal('no-such-backup', 'grayledger-production has no backup a009.', 'See `/dr backups`.');
    expect(fits({ is: 'refused', refusal })).toMatchSnapshot();
  });

  it('mentions those whom a refusal means, and nobody whom it only quotes', () => {
    const refusal = new Refusal('moved-on', '<@U0SOMEBODY> <!channel> released v9.', '<http://evil.example|Click>');
    expect(strangeMarkup(textsOf(refusalMessage(refusal)), [])).toEqual([]);
    const yours = new Refusal('not-yours', '<@U0REQUEST> asked, not <@U0OTHER>.', 'Ask yourself.', ['U0REQUEST']);
    expect(strangeMarkup(textsOf(refusalMessage(yours)), ['<@U0REQUEST>'])).toEqual([]);
    expect(refusalMessage(yours).text).toContain('<@U0REQUEST> asked');
  });

  it('never claims to have kept what the store did not take', () => {
    expect(render(notQueuedMessage())).toMatchSnapshot();
    expect(notQueuedMessage().text).toMatch(/^NOT queued: /);
  });

  it('says what is certain when something of ours broke', () => {
    expect(problemsOf(brokenMessage('a1b2c3d4'))).toEqual([]);
    expect(render(brokenMessage('a1b2c3d4'))).toMatchSnapshot();
  });
});

describe('the views', () => {
  it('help names every command once', () => {
    const text = render(shown({ is: 'help', about: null }));
    expect(problemsOf(shown({ is: 'help', about: null }))).toEqual([]);
    for (const verb of Object.keys(GRAMMAR) as Verb[]) {
      const usage = GRAMMAR[verb].usage.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      expect(text.split(`\`${usage}\``)).toHaveLength(2);
    }
    expect(text).toMatchSnapshot();
  });

  it('help about one command shows an example', () => {
    expect(render(shown({ is: 'help', about: 'restore' }))).toMatchSnapshot();
  });

  it('status shows what is open, what ended and the last proof', () => {
    const open = [operation, (productionStories['unclear promote'] as Story).operation];
    const recent = [(stories.get('staging restore: adopted and succeeded') as Story).operation];
    const at = '2025-11-21T15:00:00.000Z';
    expect(
      fits({ is: 'view', view: { is: 'status', at, systems: [{ system, open, recent, proof }] } }),
    ).toMatchSnapshot();
    const idle = { system, open: [], recent: [], proof: null };
    expect(fits({ is: 'view', view: { is: 'status', at, systems: [idle] } })).toContain(
      'Nothing is running or waiting.',
    );
    expect(fits({ is: 'view', view: { is: 'status', at, systems: Array.from({ length: 40 }, () => idle) } })).toContain(
      '… and 25 more systems',
    );
  });

  it('systems shows environments with the rule that applies', () => {
    expect(fits({ is: 'view', view: { is: 'systems', systems: [system] } })).toMatchSnapshot();
    expect(fits({ is: 'view', view: { is: 'systems', systems: [] } })).toContain('0 systems');
  });

  it('backups are a table with the newest restorable one marked, and the rest counted', () => {
    const view = { is: 'backups', at: '2025-11-21T15:00:00.000Z', system, of: 'grayledger-production', proof } as const;
    expect(fits({ is: 'view', view: { ...view, backups } })).toMatchSnapshot();
    expect(fits({ is: 'view', view: { ...view, backups: [], proof: null } })).toMatchSnapshot();
  });

  it.each(['succeeded', 'failed, all taken back'])('audit shows the journal: %s', (name) => {
    const { operation: audited, entries } = productionStories[name] as Story;
    expect(fits({ is: 'view', view: { is: 'audit', operation: audited, entries, broken: null } })).toMatchSnapshot();
  });

  it('audit keeps the beginning, the newest and the broken entry of a long journal, and says what it left out', () => {
    const long = story(
      productionRestore,
      [
        [1, { type: 'step_started', step: 's1', before: null }],
        ...Array.from(
          { length: 20 },
          (_, at): Told => [2 + at, { type: 'step_progress', step: 's1', percent: at, note: '' }],
        ),
        ...Array.from(
          { length: 100 },
          (_, at): Told => [30 + at, { type: 'approved', by: 'U0PRODUCT', roles: ['product-lead'], digest: 'd' }],
        ),
      ],
      200,
    );
    const text = fits({
      is: 'view',
      view: { is: 'audit', operation: long.operation, entries: long.entries, broken: 60 },
    });
    expect(text).toContain('The chain is BROKEN at entry 60');
    expect(text).toContain('60. *BROKEN*');
    expect(text).toContain('20 entries about progress not listed');
    expect(text).toMatch(/entries 26 to 87 are not shown/);
    expect(text).toContain('\n122. ');
  });
});
