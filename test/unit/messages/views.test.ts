// What the commands about incidents, alerts, drills and retention show; dialogs; App Home.
import { describe, expect, it } from 'vitest';
import { alertCard } from '../../../src/messages/alert-card.ts';
import { answerMessage } from '../../../src/messages/answers.ts';
import { assessErrors, assessmentMessage, assessView } from '../../../src/messages/assess-view.ts';
import { DeclareValue, INCIDENT_ACTIONS, RunValue, readValue } from '../../../src/messages/buttons.ts';
import { checklistView } from '../../../src/messages/checklist.ts';
import { declareErrors, declareView, sayView } from '../../../src/messages/declare-view.ts';
import { homeProblem, homeView } from '../../../src/messages/home.ts';
import type { Message } from '../../../src/messages/message.ts';
import { reportComment } from '../../../src/messages/report-view.ts';
import { homeProblems, problemsOf, viewProblems } from '../../support/limits.ts';
import { render, renderHome, renderView } from '../../support/render.ts';
import {
  AT,
  alert,
  alerts,
  assessment,
  clueless,
  home,
  passed,
  postMortem,
  report,
  shownSystem,
  storyOf,
  views,
} from '../../support/shown.ts';

const now = new Date(AT);
const fileOf = (name: string) => `${name.replaceAll(/[^a-z]+/g, '-')}.txt`;
const buttonsIn = ({ blocks }: Message) =>
  blocks
    .flatMap((block) => (block.type === 'actions' ? block.elements : []))
    .flatMap((element) => (element.type === 'button' ? [element] : []));

describe('a view', () => {
  it.each([...views.keys()])('reads as agreed: %s', async (name) => {
    const view = views.get(name);
    if (view === undefined) throw new Error(`there is no view ${name}`);
    const message = answerMessage({ is: 'view', view }, { channel: 'C01INCIDENTS' });
    expect(problemsOf(message)).toEqual([]);
    await expect(render(message)).toMatchFileSnapshot(`__snapshots__/views/${fileOf(name)}`);
  });
});

describe('the card of an alert', () => {
  it.each(alerts)('reads as agreed: $id $severity', async (one) => {
    const message = alertCard(one, shownSystem, now);
    expect(problemsOf(message)).toEqual([]);
    await expect(render(message)).toMatchFileSnapshot(`__snapshots__/alerts/${one.id}.txt`);
  });

  it('calls whoever is called first, only while something critical lasts', () => {
    expect(alertCard(alert, shownSystem, now).text).toContain('<@U02BOB>');
    expect(alertCard({ ...alert, severity: 'warning' }, shownSystem, now).text).not.toContain('<@');
    expect(alertCard({ ...alert, overAt: AT }, shownSystem, now).text).not.toContain('<@');
  });

  it('calls the owner of the clocks where the system file names one, and nobody where it names nobody', () => {
    const owned = { ...shownSystem, incidents: { ...shownSystem.incidents, owner: 'lead' } };
    expect(alertCard(alert, owned, now).text).toContain('<@U09LEAD>');
    const lonely = { ...shownSystem, incidents: { ...shownSystem.incidents, escalation: [] } };
    expect(alertCard(alert, lonely, now).text).not.toContain('<@');
    expect(alertCard(alert, { ...owned, contacts: {} }, now).text).not.toContain('<@');
  });

  it('carries its remedy and what is known for a declaration', () => {
    const [remedy, declare] = buttonsIn(alertCard(alert, shownSystem, now));
    expect(readValue(RunValue, remedy?.value)).toEqual({ command: 'backup production --system grayledger' });
    expect(declare?.action_id).toBe(INCIDENT_ACTIONS.declare);
    expect(readValue(DeclareValue, declare?.value)).toEqual({
      system: 'grayledger',
      level: 1,
      seen: alert.text,
      since: alert.raisedAt,
      scenario: null,
      alert: 'al-12',
    });
  });

  it('has no buttons when it is over', () => {
    expect(buttonsIn(alertCard({ ...alert, overAt: AT }, shownSystem, now))).toEqual([]);
  });
});

describe('an assessment', () => {
  it.each([
    ['with a way out', assessment, null],
    ['of an open incident', assessment, 'inc-1'],
    ['without a clue', clueless, null],
    ['without a clue, of an open incident', clueless, 'inc-1'],
    [
      'to roll back',
      { ...clueless, plan: 'rollback previous --system grayledger', advice: { is: 'roll back', because: ['b'] } },
      null,
    ],
  ] as const)('reads as agreed: %s', async (name, given, incident) => {
    const message = assessmentMessage(given, incident);
    expect(problemsOf(message)).toEqual([]);
    await expect(render(message)).toMatchFileSnapshot(`__snapshots__/assessments/${fileOf(name)}`);
  });

  it('hands what it knows to the dialog of the declaration', () => {
    const [declare, plan] = buttonsIn(assessmentMessage(assessment, null));
    expect(readValue(DeclareValue, declare?.value)).toMatchObject({
      level: 1,
      scenario: 'corruption',
      since: assessment.onset,
    });
    expect(readValue(RunValue, plan?.value)).toEqual({ command: assessment.plan });
  });
});

describe('a dialog', () => {
  const known = {
    system: 'grayledger',
    level: 2,
    seen: null,
    since: null,
    scenario: null,
    alert: null,
    channel: null,
  } as const;

  it.each([
    ['declare', declareView(shownSystem, known)],
    [
      'declare with what is known',
      declareView(shownSystem, {
        ...known,
        seen: 'Checkout answers 500',
        since: AT,
        scenario: 'corruption',
        alert: 'al-12',
      }),
    ],
    ['declare without scenarios', declareView({ ...shownSystem, scenarios: {} }, { ...known, scenario: 'gone' })],
    ['update', sayView({ incident: 'inc-7', say: 'update', channel: 'C01INCIDENTS' })],
    ['resolve', sayView({ incident: 'inc-7', say: 'resolve', channel: null })],
    ['checklist', checklistView(storyOf('recovered').sight, { list: 'post', channel: null })],
    ['checklist that is done', checklistView(storyOf('recovering').sight, { list: 'during', channel: null })],
    ['assess', assessView(shownSystem, { incident: null, channel: 'C01INCIDENTS' })],
    [
      'assess with many symptoms',
      assessView(
        {
          ...shownSystem,
          incidents: {
            ...shownSystem.incidents,
            symptoms: Array.from({ length: 40 }, (_, at) => ({
              name: `s${at}`,
              seen: 's'.repeat(75),
              cause: 'c',
              level: 3,
            })),
          },
        },
        { incident: 'inc-7', channel: null },
      ),
    ],
  ] as const)('reads as agreed: %s', async (name, view) => {
    expect(viewProblems(view)).toEqual([]);
    await expect(renderView(view)).toMatchFileSnapshot(`__snapshots__/dialogs/${fileOf(name)}`);
  });

  it('says under its inputs what cannot be read', () => {
    expect(Object.keys(declareErrors({ since: true, seen: true }))).toEqual(['since', 'seen']);
    expect(declareErrors({ since: false, seen: false })).toEqual({});
    expect(Object.keys(assessErrors({ onset: true }))).toEqual(['onset']);
    expect(Object.keys(assessErrors({ onset: false }))).toEqual(['symptoms-0']);
  });
});

describe('App Home', () => {
  it('shows every system and what waits for whoever opens it', async () => {
    const view = homeView(home);
    expect(homeProblems(view)).toEqual([]);
    await expect(renderHome(view)).toMatchFileSnapshot('__snapshots__/home.txt');
  });

  it('says when nothing waits, and how many systems do not fit', () => {
    const [first] = home.systems;
    if (first === undefined) throw new Error('there is no system');
    const many = homeView({ ...home, waiting: [], systems: Array.from({ length: 40 }, () => first) });
    expect(homeProblems(many)).toEqual([]);
    expect(renderHome(many)).toContain('*Waiting for you:* nothing.');
    expect(renderHome(many)).toContain('and 28 more systems');
  });

  it('shows a reference instead of an old picture when it could not be read', () => {
    expect(homeProblems(homeProblem('a1b2c3d4'))).toEqual([]);
    expect(renderHome(homeProblem('a1b2c3d4'))).toContain('a1b2c3d4');
  });
});

describe('the sentence beside the files of a report', () => {
  it.each([
    [
      'a failed drill',
      report,
      '*FAIL* · Monthly drill of GrayLedger (op-40). Recovered in 15:00, RTO 10 min: OVER it.',
    ],
    [
      'a passed one',
      passed,
      '*PASS* · Monthly drill of GrayLedger (op-40). Recovery time not measured, no RTO is promised.',
    ],
    [
      'a post-mortem',
      postMortem,
      '*Post-mortem draft* of inc-1: Monthly drill of GrayLedger. Complete it within 24 h.',
    ],
  ])('says the essential of %s', (_, given, comment) => {
    expect(reportComment(given)).toBe(comment);
  });
});
