// Tickets for vendors, filled in from facts.
import { describe, expect, it } from 'vitest';
import { fillTickets } from '../../../src/incidents/tickets.ts';
import { environmentFacts } from '../../support/facts.ts';
import { guardedSystem, incidentOf } from '../../support/incidents.ts';
import { planOf } from '../../support/plans.ts';
import * as journal from '../core/journal-of.ts';

const system = guardedSystem();

describe('fillTickets', () => {
  it('fills in what is known, and leaves names in braces that mean nothing', () => {
    const operations = [journal.operationOf(planOf()), journal.operationOf(planOf({ headline: 'Roll back to v255' }))];
    expect(fillTickets(system, incidentOf(), operations, environmentFacts('production'))).toEqual([
      {
        to: 'Heroku support',
        url: 'https://help.heroku.com',
        subject: 'grayledger-production: Checkout answers 500.',
        body:
          'inc-1 at level 1, since 2025-11-21 13:50 UTC. Runs v256. Done: Restore production from a001 (2025-11-21 14:00 UTC, ' +
          'awaiting_approval); Roll back to v255 (2025-11-21 14:00 UTC, awaiting_approval). {unheard}',
      },
    ]);
  });

  it('says what is not known, without an incident and without an answer of the platform', () => {
    expect(fillTickets(system, null, [], null)).toMatchObject([
      {
        subject: 'unknown: unknown',
        body: 'none declared at level unknown, since unknown. Runs unknown. Done: none yet. {unheard}',
      },
    ]);
  });

  it('does not fill in what a person has written with braces', () => {
    const [ticket] = fillTickets(system, incidentOf([], { seen: '{release} $& is down' }), [], null);
    expect(ticket?.subject).toBe('unknown: {release} $& is down');
  });

  it('names the contact as the file does where it is not described', () => {
    expect(fillTickets({ ...guardedSystem(), contacts: {} }, null, [], null)).toMatchObject([
      { to: 'heroku', url: null },
    ]);
  });
});
