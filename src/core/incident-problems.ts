// What is wrong with the rules for incidents in a system file: names that lead nowhere, found at start and not at 3 a.m.
import type { Contact, IncidentRules } from './incident-rules.ts';

/** The parts of a system file that the rules name. */
type Named = {
  readonly contacts: Readonly<Record<string, Pick<Contact, 'users' | 'phone' | 'email' | 'url'>>>;
  readonly scenarios: Readonly<Record<string, unknown>>;
  readonly incidents: IncidentRules;
};

type Problem = { path: (string | number)[]; message: string };

export function incidentProblems({ contacts, scenarios, incidents }: Named): Problem[] {
  const { owner, escalation, symptoms, tickets } = incidents;
  const contact = (name: string, path: (string | number)[]): Problem[] =>
    name in contacts
      ? []
      : [{ path: ['incidents', ...path], message: `names the contact "${name}", which is not under contacts` }];
  const reachable = (name: string, path: (string | number)[]): Problem[] => {
    const { users, phone, email, url } = contacts[name] ?? { users: [name] };
    if (users.length > 0 || [phone, email, url].some((way) => way !== undefined)) return [];
    const message = `nobody can be called: "${name}" has no users, phone, e-mail or address`;
    return [{ path: ['incidents', ...path], message }];
  };
  const called = escalation.flatMap(({ call }, at) =>
    call.flatMap((name, index) => {
      const path = ['escalation', at, 'call', index];
      return [...contact(name, path), ...reachable(name, path)];
    }),
  );
  const unknown = symptoms.flatMap(({ scenario }, at): Problem[] => {
    if (scenario === undefined || scenario in scenarios) return [];
    const path = ['incidents', 'symptoms', at, 'scenario'];
    return [{ path, message: `names the scenario "${scenario}", which is not under scenarios` }];
  });
  const names = symptoms.map(({ name }) => name);
  const twice = names.flatMap((name, at): Problem[] =>
    names.indexOf(name) === at
      ? []
      : [{ path: ['incidents', 'symptoms', at, 'name'], message: `there is another symptom "${name}"` }],
  );
  return [
    ...(owner === undefined ? [] : contact(owner, ['owner'])),
    ...called,
    ...unknown,
    ...twice,
    ...tickets.flatMap((ticket, at) => contact(ticket.contact, ['tickets', at, 'contact'])),
  ];
}
