// Whatever people, providers and databases write: the message stays within Slack's limits, and nothing in it acts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../src/core/action.ts';
import { replayIncident } from '../../../src/core/incident.ts';
import type { IncidentEntry } from '../../../src/core/incident-log.ts';
import type { SystemHome } from '../../../src/core/incident-views.ts';
import type { Event } from '../../../src/core/journal.ts';
import { digestOf, type Plan } from '../../../src/core/plan.ts';
import type { Report } from '../../../src/core/report.ts';
import type { View } from '../../../src/core/views.ts';
import { alertCard } from '../../../src/messages/alert-card.ts';
import { answerMessage, refusalMessage } from '../../../src/messages/answers.ts';
import { assessmentMessage, assessView } from '../../../src/messages/assess-view.ts';
import { code, inert, plain } from '../../../src/messages/blocks.ts';
import { card } from '../../../src/messages/card.ts';
import { confirmErrors, confirmView } from '../../../src/messages/confirm-view.ts';
import { declareView } from '../../../src/messages/declare-view.ts';
import { homeView } from '../../../src/messages/home.ts';
import { incidentCard } from '../../../src/messages/incident-card.ts';
import { incidentNote } from '../../../src/messages/incident-note.ts';
import { publicText } from '../../../src/messages/incident-public.ts';
import { incidentUpdate } from '../../../src/messages/incident-update.ts';
import type { Message } from '../../../src/messages/message.ts';
import { note } from '../../../src/messages/note.ts';
import { statusUpdate } from '../../../src/messages/status-update.ts';
import type { IncidentStory } from '../../support/incident-stories.ts';
import { homeProblems, markupOf, problemsOf, strangeMarkup, textsOf, viewProblems } from '../../support/limits.ts';
import {
  LEAD,
  PRODUCT,
  productionRestore,
  proof,
  REQUESTER,
  stagingRestore,
  story,
  system,
} from '../../support/operations.ts';
import { alert, assessment, home, report, backup as shownBackup, storyOf } from '../../support/shown.ts';

const OURS = [REQUESTER, LEAD, PRODUCT].map((id) => `<@${id}>`).concat('<#C0INCIDENT>');
/** A counterexample of 10,000 characters shrinks for minutes and says no more for it. */
const RUNS = { numRuns: 40, endOnFailure: true };

/** Pieces that have a meaning to Slack, to terminals or to the eye, alone and mixed up to 10,000 characters. */
const hostile = fc.oneof(
  fc.constantFrom(
    '<!channel>',
    '<!here|here>',
    '<@U0STRANGER>',
    '<#C0STRANGER>',
    '<http://evil.example|grayledger>',
    'https://evil.example/x',
    '`/dr restore production a001`',
    '`<!channel>`',
    '```',
    '*bold* _it_ ~gone~ :white_check_mark:',
    '\u202Eesrever\u202C',
    '\u0000\u0007\u001B[31m',
    'a\n\n> quote\r\nb',
    '\uD83D',
    '😀'.repeat(2600),
    `a${'😀'.repeat(2600)}`,
    '&'.repeat(10_000),
    '<'.repeat(10_000),
    '`'.repeat(9_999),
    '<!channel> '.repeat(900),
    '',
    ' ',
  ),
  fc
    .array(
      fc.constantFrom(
        '<',
        '>',
        '!',
        '@',
        '#',
        '`',
        '*',
        '_',
        '~',
        ':',
        '&',
        '|',
        'channel',
        'U0STRANGER',
        ' ',
        '\n',
        '\u2066',
        '/dr ',
      ),
      {
        maxLength: 60,
      },
    )
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 10_000, size: 'max' }),
);

/** Every field that others can write, filled. */
function withForeign(plan: Plan, text: () => string): Plan {
  return {
    ...plan,
    command: text(),
    headline: text(),
    target: { ...plan.target, name: text(), database: text(), identity: text() },
    statements: Array.from({ length: 24 }, (_, at) => ({
      label: text(),
      text: text(),
      tone: at % 2 === 0 ? ('warn' as const) : ('plain' as const),
    })),
    steps: plan.steps.map((step) => ({ ...step, title: text(), runs: text(), undo: text() })),
    undo: { possible: true, text: text() },
  };
}

function expectInert(message: Message, ours: readonly string[] = OURS): void {
  expect(problemsOf(message)).toEqual([]);
  const texts = [message.text, ...textsOf(message.blocks)];
  expect(strangeMarkup(texts, ours)).toEqual([]);
  expect(texts.filter((text) => /[\p{Cc}\p{Cf}]/u.test(text.replaceAll('\n', '')))).toEqual([]);
  expect(texts.filter((text) => !text.isWellFormed())).toEqual([]);
  const markup = [message.text, ...markupOf(message.blocks)];
  expect(markup.filter((text) => (text.match(/`/g)?.length ?? 0) % 2 === 1)).toEqual([]);
  expect(message.text).not.toMatch(/https?:\/\//);
}

/** A journal that passes through every kind of event with texts of others. */
function eventsOf(text: () => string, end: 'asked' | 'stopped' | 'finished'): (readonly [number, Event])[] {
  const evidence = () => ({
    says: Array.from({ length: 12 }, text),
    checks: Array.from({ length: 40 }, () => ({
      name: text(),
      status: 'warn' as const,
      figure: text(),
      source: text(),
    })),
  });
  const outcomes: Record<Outcome['is'], () => Outcome> = {
    done: () => ({ is: 'done', evidence: evidence(), output: null }),
    unverified: () => ({ is: 'unverified', why: text(), evidence: evidence(), output: null }),
    failed: () => ({ is: 'failed', why: text(), evidence: evidence(), untouched: false }),
  };
  const opening: (readonly [number, Event])[] = [
    [1, { type: 'step_started', step: 's1', before: null }],
    [2, { type: 'step_progress', step: 's1', percent: 250, note: text() }],
    [3, { type: 'step_ended', step: 's1', outcome: outcomes.done(), adopted: true }],
    [4, { type: 'approved', by: LEAD, roles: [text(), text()], digest: text() }],
    [5, { type: 'approved', by: PRODUCT, roles: [text()], digest: text() }],
    [5, { type: 'consented' }],
    [6, { type: 'voided', why: text(), by: [LEAD] }],
    [7, { type: 'approved', by: LEAD, roles: [text()], digest: text() }],
    [7, { type: 'consented' }],
    [8, { type: 'started' }],
    [9, { type: 'step_started', step: 's2', before: null }],
  ];
  switch (end) {
    case 'asked':
      return [...opening, [10, { type: 'asked', step: 's2', why: text() }]];
    case 'finished':
      return [
        ...opening,
        [10, { type: 'step_ended', step: 's2', outcome: outcomes.unverified(), adopted: false }],
        [11, { type: 'finished', outcome: 'unverified' }],
      ];
    case 'stopped':
      return [
        ...opening,
        [10, { type: 'step_ended', step: 's2', outcome: outcomes.failed(), adopted: false }],
        [11, { type: 'stopped', outcome: 'cancelled', why: `<@${LEAD}> ${text()}`, by: LEAD }],
        [12, { type: 'undo_started', step: 's1' }],
        [13, { type: 'undo_ended', step: 's1', evidence: evidence() }],
        [14, { type: 'finished', outcome: 'cancelled' }],
      ];
  }
}

/** An incident in which everything that others write is written by `text`. */
function hostileSight(text: () => string): IncidentStory {
  const { sight, now } = storyOf('followed up');
  const written = sight.entries.map((entry): IncidentEntry => {
    const { event } = entry;
    if (event.type === 'declared') return { ...entry, event: { ...event, seen: text() } };
    if (event.type === 'updated' || event.type === 'resolved') return { ...entry, event: { ...event, text: text() } };
    if (event.type === 'reached') return { ...entry, event: { ...event, note: text() } };
    return event.type === 'ticked' ? { ...entry, event: { ...event, evidence: text() } } : entry;
  });
  const { contacts, incidents } = sight.system;
  const system = {
    ...sight.system,
    title: text(),
    contacts: Object.fromEntries(
      Object.entries(contacts).map(([name, contact]) => [
        name,
        { ...contact, title: text(), phone: text(), note: text() },
      ]),
    ),
    incidents: {
      ...incidents,
      symptoms: incidents.symptoms.map((symptom) => ({ ...symptom, seen: text().slice(0, 75) || 'x' })),
      checklists: { ...incidents.checklists, during: [{ text: text() || 'x' }, { text: text() || 'x' }] },
    },
  };
  const incident = { ...replayIncident(written), seen: text(), ticks: {} };
  const notices = [
    { notifier: 'email', notice: { is: 'declared', seq: 1 }, state: 'dropped', at: null, why: text() },
  ] as const;
  return { sight: { ...sight, system, incident, entries: written, notices }, now };
}

function hostileReport(text: () => string): Report {
  const { figures } = report;
  if (figures === null) throw new Error('there are no figures');
  const parts = figures.parts.map((part) => ({ ...part, title: text() }));
  const rows = { [text()]: 1, [text()]: 2 };
  return {
    ...report,
    title: text(),
    of: text(),
    figures: { ...figures, parts, rows, issues: [text()], recommendations: [text()] },
  };
}

describe('hostile text', () => {
  it.each(['asked', 'stopped', 'finished'] as const)(
    'acts in no message of an operation: %s',
    { timeout: 60_000 },
    (end) => {
      fc.assert(
        fc.property(fc.array(hostile, { minLength: 1, maxLength: 8 }), (pool) => {
          let at = 0;
          const text = () => pool[at++ % pool.length] ?? '';
          const plan = withForeign(productionRestore, text);
          const { operation, entries, now } = story(plan, eventsOf(text, end), 4000);
          expectInert(card(operation, now));
          expectInert(statusUpdate(operation, entries, { period: 1, now, everyMinutes: 15 }));
          expectInert(statusUpdate(operation, entries, { period: 'last', now, everyMinutes: 15 }));
          for (const entry of entries) {
            const message = note(operation, entry, {});
            if (message !== null) expectInert(message);
          }
          const view = { is: 'audit', operation, entries, broken: 3 } as const;
          expectInert(answerMessage({ is: 'view', view }, { channel: 'C0INCIDENT' }));
          const status = { system, open: Array.from({ length: 30 }, () => operation), recent: [operation], proof };
          const at_ = now.toISOString();
          expectInert(
            answerMessage(
              { is: 'view', view: { is: 'status', at: at_, systems: [status, status] } },
              { channel: 'C0INCIDENT' },
            ),
          );
        }),
        RUNS,
      );
    },
  );

  it('acts in no plan that waits, in no dialog and in no refusal', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        let odd = false;
        const text = () => {
          odd = !odd;
          return odd ? one : other;
        };
        const waiting = story(withForeign(productionRestore, text), [], 5);
        expectInert(card(waiting.operation, waiting.now));
        const typed = story(withForeign(stagingRestore, text), [], 5);
        expectInert(card(typed.operation, typed.now));
        const view = confirmView(typed.operation);
        expect(viewProblems(view)).toEqual([]);
        expect(strangeMarkup(textsOf(view.blocks), OURS)).toEqual([]);
        expect(strangeMarkup(Object.values(confirmErrors(one)), [])).toEqual([]);
        expectInert(refusalMessage({ why: one, next: other, people: [] }));
        expectInert(answerMessage({ is: 'operation', operation: typed.operation, late: true }, { channel: one }));
      }),
      RUNS,
    );
  });

  it('acts in no message about an incident, an alert or a drill', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 6 }), (pool) => {
        let at = 0;
        const text = () => pool[at++ % pool.length] ?? '';
        const { sight, now } = hostileSight(text);
        const ours = ['<@U01ALICE>', '<@U02BOB>', '<@U09LEAD>', '<@U08DEPUTY>', '<#C01INCIDENTS>', ...OURS];
        const inertly = (message: Message) => expectInert(message, ours);
        inertly(incidentCard(sight, now));
        for (const entry of sight.entries) inertly(incidentNote(sight, entry, now));
        inertly(incidentUpdate(sight, 1, now));
        inertly(incidentUpdate(sight, 'last', now));
        const at_ = now.toISOString();
        const said = { to: text(), url: text(), subject: text(), body: `${text()}\n${text()}` };
        const finding = {
          ...alert,
          about: text(),
          text: text(),
          remedy: { label: text(), command: text().slice(0, 900) || 'x' },
        };
        const backup = { ...shownBackup, id: text() };
        const lines = { place: 'archives', name: text(), problem: null, going: [{ backup, why: text() }] } as const;
        const seen: View[] = [
          { is: 'timeline', at: at_, sight, broken: null },
          { is: 'incidents', at: at_, open: [sight], resolved: [sight] },
          { is: 'checklist', at: at_, sight, list: 'during' },
          { is: 'contacts', system: sight.system },
          { is: 'tickets', system: sight.system, incident: sight.incident, tickets: [said, said] },
          { is: 'alerts', at: at_, system: sight.system, alerts: [finding] },
          {
            is: 'retention',
            at: at_,
            system: text(),
            environment: text(),
            tiers: null,
            places: [{ ...lines, kept: [] }],
          },
          {
            is: 'schedules',
            at: at_,
            system: sight.system,
            schedules: [
              {
                schedule: {
                  name: 's',
                  cron: text(),
                  timeZone: text(),
                  missed: 'report',
                  work: { do: 'review', title: text(), contact: 'c' },
                },
                nextAt: [],
                last: { key: 'k', due: at_, operation: text(), note: text() },
              },
            ],
          },
          { is: 'report', system: sight.system, report: hostileReport(text), before: null },
        ];
        for (const view of seen) inertly(answerMessage({ is: 'view', view }, { channel: 'C01INCIDENTS' }));
        inertly(alertCard(finding, sight.system, now));
        const because = [text(), text()];
        const judged = {
          ...assessment,
          system: sight.system,
          causes: [text()],
          advice: { is: 'restore', because } as const,
        };
        inertly(assessmentMessage({ ...judged, migration: text(), backup, plan: text() }, null));
        const known = {
          system: 'grayledger',
          level: 1,
          seen: text(),
          since: null,
          scenario: null,
          alert: null,
          channel: null,
        } as const;
        for (const view of [
          declareView(sight.system, known),
          assessView(sight.system, { incident: null, channel: null }),
        ]) {
          expect(viewProblems(view)).toEqual([]);
          expect(strangeMarkup(textsOf(view.blocks), [])).toEqual([]);
        }
        const systems = [
          { ...home.systems[0], system: sight.system, incidents: [sight], alerts: [finding] } as SystemHome,
        ];
        const shown = homeView({ ...home, systems });
        expect(homeProblems(shown)).toEqual([]);
        expect(strangeMarkup(textsOf(shown.blocks), ours)).toEqual([]);
        expect(publicText(sight, now)).not.toMatch(/[<>]/);
      }),
      RUNS,
    );
  });

  it('acts in no list of backups', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const backup = {
          id: text,
          kind: 'scheduled',
          state: 'finished',
          startedAt: proof.at,
          finishedAt: proof.at,
          bytes: 1,
          sha256: null,
        } as const;
        const view = {
          is: 'backups',
          at: proof.at,
          system,
          of: text,
          backups: Array.from({ length: 60 }, () => backup),
          proof,
        } as const;
        expectInert(answerMessage({ is: 'view', view }, { channel: 'C0INCIDENT' }));
      }),
      RUNS,
    );
  });

  it('changes nothing of ordinary names', () => {
    const names = 'entries_backup_2025_11_21, public.line_items, postgresql-curved-12345, 14:35:07 UTC, 10 %, v255';
    expect(inert(names)).toBe(names);
    expect(plain(names, 150)).toBe(names);
    expect(code(names)).toBe(`\`${names}\``);
  });

  it('keeps the digest of the plan that was shown', () => {
    const plan = withForeign(productionRestore, () => '<!channel>');
    expect(story(plan, [], 1).operation.digest).toBe(digestOf(plan));
  });
});
