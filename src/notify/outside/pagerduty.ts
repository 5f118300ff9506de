// PagerDuty, Events API v2: triggers, acknowledges and resolves one alert per incident, under a key that never changes.
import { z } from 'zod';
import type { Notice } from '../../core/incident-ports.ts';
import type { Level } from '../../core/incident-rules.ts';
import type { Secret } from '../../core/secret.ts';
import { alarm } from '../../messages/outside/alarm.ts';
import { channelAddress } from '../../messages/outside/email.ts';
import { keyOf, type Notifier, SLOWLY, type Told, type ToTell } from './notifier.ts';
import { type Answer, again, ask } from './request.ts';

type Options = {
  readonly routingKey: Secret;
  /** `https://events.pagerduty.com` */
  readonly url: string;
  readonly redact: (text: string) => string;
};

const ACTIONS: Readonly<Partial<Record<Notice['is'], 'trigger' | 'acknowledge' | 'resolve'>>> = {
  declared: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
};
const SEVERITIES: Readonly<Record<Level, 'critical' | 'error' | 'warning'>> = {
  1: 'critical',
  2: 'error',
  3: 'warning',
};

const Taken = z.object({ status: z.literal('success'), dedup_key: z.string().optional() });

/** Repeating an event does no harm: PagerDuty takes it for the same alert by its key. So what nobody knows is sent again. */
export function pagerduty({ routingKey, url, redact }: Options): Notifier {
  return {
    name: 'pagerduty',
    async send(item, signal) {
      const action = ACTIONS[item.notice.is];
      if (action === undefined) return { is: 'skipped', why: 'PagerDuty is told what changes an alarm' };
      const event = {
        routing_key: routingKey.open(),
        event_action: action,
        dedup_key: keyOf(item.sight),
        ...(action === 'trigger' ? triggerOf(item, redact) : {}),
      };
      const request = {
        service: 'PagerDuty',
        method: 'POST',
        url: new URL('/v2/enqueue', url).href,
        json: event,
        redact,
      } as const;
      return toldBy(await ask(request, signal), keyOf(item.sight));
    },
  };
}

function triggerOf({ sight, now }: ToTell, redact: Options['redact']) {
  const { incident, system } = sight;
  const { summary, details } = alarm(sight, now);
  return {
    client: 'Holdfast',
    links: [{ href: channelAddress(system), text: 'The incident channel in Slack' }],
    payload: {
      summary: redact(summary),
      source: system.name,
      severity: SEVERITIES[incident.level],
      timestamp: incident.startedAt,
      group: system.name,
      class: 'incident',
      custom_details: Object.fromEntries(Object.entries(details).map(([name, text]) => [name, redact(text)])),
    },
  };
}

function toldBy(answer: Answer, key: string): Told {
  switch (answer.is) {
    case 'again':
      return answer;
    case 'ok':
      return isTaken(answer.body, key)
        ? { is: 'sent', receipt: key }
        : again('PagerDuty did not say that it took the event under its key');
    case 'refused': {
      const why = `PagerDuty answered ${answer.status} (${answer.says})`;
      // It has no status of its own for a key that it does not know.
      const isKey = /routing.?key/i.test(answer.says) || answer.status === 404;
      return isKey ? again(why, SLOWLY, 'routing-key') : { is: 'dropped', why };
    }
  }
}

/** The answer repeats the key under which the event was filed. */
function isTaken(body: unknown, key: string): boolean {
  const { data } = Taken.safeParse(body);
  return data !== undefined && (data.dedup_key ?? key) === key;
}
