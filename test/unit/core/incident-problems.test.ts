// Names in the rules for incidents that lead nowhere.
import { expect, it } from 'vitest';
import { incidentProblems } from '../../../src/core/incident-problems.ts';
import { IncidentRules } from '../../../src/core/incident-rules.ts';

const contacts = {
  dba: { users: ['U01DBA'] },
  vendor: { users: [], phone: '+1 555 0100' },
  page: { users: [] },
};
const known = { contacts, scenarios: { corruption: {} } };
const symptom = { name: 'slow', seen: 'Everything is slow', cause: 'locks', level: 2 };
const problems = (incidents: object) => incidentProblems({ ...known, incidents: IncidentRules.parse(incidents) });

it('takes rules whose names are all known, and those that name nothing', () => {
  const tickets = [{ contact: 'vendor', subject: 'x', body: 'y' }];
  const escalation = [{ afterMinutes: 0, call: ['dba', 'vendor'] }];
  const symptoms = [symptom, { ...symptom, name: 'broken', scenario: 'corruption' }];
  expect(problems({ owner: 'dba', escalation, symptoms, tickets })).toEqual([]);
  expect(problems({})).toEqual([]);
});

it.each([
  [{ owner: 'nobody' }, 'incidents.owner', 'the contact "nobody"'],
  [{ escalation: [{ afterMinutes: 0, call: ['dba', 'nobody'] }] }, 'incidents.escalation.0.call.1', '"nobody"'],
  [{ escalation: [{ afterMinutes: 0, call: ['page'] }] }, 'incidents.escalation.0.call.0', 'nobody can be called'],
  [{ tickets: [{ contact: 'nobody', subject: 'x', body: 'y' }] }, 'incidents.tickets.0.contact', '"nobody"'],
  [{ symptoms: [{ ...symptom, scenario: 'flood' }] }, 'incidents.symptoms.0.scenario', 'the scenario "flood"'],
  [{ symptoms: [symptom, symptom] }, 'incidents.symptoms.1.name', 'another symptom "slow"'],
])('tells a name that leads nowhere: %j', (incidents, path, message) => {
  const [problem, ...others] = problems(incidents);
  expect(others).toEqual([]);
  expect(problem?.path.join('.')).toBe(path);
  expect(problem?.message).toContain(message);
});
