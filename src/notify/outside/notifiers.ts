// The notifiers of the systems, as their files name them, each with its secrets.
import type { NotifierName } from '../../core/incident-ports.ts';
import type { Notifiers } from '../../core/incident-rules.ts';
import type { Secret } from '../../core/secret.ts';
import type { System } from '../../core/system.ts';
import type { Log } from '../../lib/log.ts';
import type { Redactor } from '../../lib/redact.ts';
import { email } from './email.ts';
import type { Notifier } from './notifier.ts';
import { pagerduty } from './pagerduty.ts';
import { statuspage } from './statuspage.ts';

type Options = {
  readonly systems: readonly Pick<System, 'name' | 'incidents'>[];
  /** The secret that an environment variable holds. Throws a Refusal when it is not set. */
  readonly secretOf: (variable: string) => Secret;
  /** Knows all secrets: nothing is told outside, and no reason kept, with one in it. */
  readonly redactor: Pick<Redactor, 'text'>;
  readonly log: Log;
};

/** Null where a system does not name such a notifier. */
export type NotifierOf = (system: string, name: NotifierName) => Notifier | null;

/** Nothing is contacted. Throws a Refusal when a variable is not set: config asks for them at start. */
export function createNotifiers(options: Options): NotifierOf {
  const made = new Map<string, Notifier>();
  for (const { name, incidents } of options.systems) {
    for (const notifier of notifiersIn(incidents.notify, options)) made.set(`${name}/${notifier.name}`, notifier);
  }
  return (system, name) => made.get(`${system}/${name}`) ?? null;
}

function notifiersIn({ pagerduty: pages, statuspage: page, email: mail }: Notifiers, options: Options): Notifier[] {
  const { secretOf, redactor, log } = options;
  const redact = (text: string) => redactor.text(text);
  return [
    ...(pages === undefined ? [] : [pagerduty({ routingKey: secretOf(pages.routingKey), url: pages.url, redact })]),
    ...(page === undefined ? [] : [statuspage({ ...page, token: secretOf(page.token), redact })]),
    ...(mail === undefined ? [] : [email({ ...mail, smtp: secretOf(mail.smtp), redact, log })]),
  ];
}
