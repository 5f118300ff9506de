// A PagerDuty that takes events like the real one (Events API v2): validated, and one alert at a time per key.
import { z } from 'zod';
import type { Part, Reply, Request } from '../supabase/http/exchange.ts';
import { type ActiveFaults, activeFaults } from '../supabase/http/faults.ts';
import { serveParts } from '../supabase/http/serve.ts';
import { outsideControl } from './control.ts';

const Url = z.url();

const Payload = z.object({
  summary: z.string().min(1).max(1024),
  source: z.string().min(1),
  severity: z.enum(['critical', 'error', 'warning', 'info']),
  timestamp: z.iso.datetime({ offset: true }).optional(),
  component: z.string().optional(),
  group: z.string().optional(),
  class: z.string().optional(),
  custom_details: z.record(z.string(), z.unknown()).optional(),
});

const Head = z.object({ routing_key: z.string(), dedup_key: z.string().max(255).optional() });

const Event = z.discriminatedUnion('event_action', [
  Head.extend({
    event_action: z.literal('trigger'),
    payload: Payload,
    client: z.string().optional(),
    client_url: Url.optional(),
    links: z.array(z.object({ href: Url, text: z.string().optional() })).optional(),
  }),
  Head.extend({ event_action: z.literal('acknowledge'), dedup_key: z.string().max(255) }),
  Head.extend({ event_action: z.literal('resolve'), dedup_key: z.string().max(255) }),
]);
type Event = z.infer<typeof Event>;

/** As PagerDuty keeps it. */
export type PagerAlert = {
  readonly key: string;
  readonly state: 'triggered' | 'acknowledged' | 'resolved';
  readonly summary: string;
  readonly severity: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly events: readonly Event['event_action'][];
};

export type PagerDutyServer = {
  readonly url: string;
  readonly faults: ActiveFaults;
  /** Every alert, oldest first; a key that comes back after its end is another one. */
  received(): readonly PagerAlert[];
  stop(): Promise<void>;
};

/** Takes events of this integration only. Default: any free port. */
export async function startPagerDuty(options: { routingKey: string; port?: number }): Promise<PagerDutyServer> {
  const alerts: PagerAlert[] = [];
  const faults = activeFaults();
  const received = () => alerts;
  const enqueue: Part = async (request) => {
    if (request.method !== 'POST' || request.path !== '/v2/enqueue') return null;
    const read = await readEvent(request, options.routingKey);
    if (!('event' in read)) return read;
    const key = read.event.dedup_key ?? `made-up-${alerts.length + 1}`;
    file(alerts, key, read.event);
    return { status: 202, body: { status: 'success', message: 'Event processed', dedup_key: key } };
  };
  const server = await serveParts(options.port ?? 0, faults, [outsideControl(faults, received), enqueue]);
  return { url: `http://127.0.0.1:${server.port}`, faults, received, stop: server.close };
}

async function readEvent(request: Request, routingKey: string): Promise<{ event: Event } | Reply> {
  let json: unknown;
  try {
    json = JSON.parse((await request.body()).toString());
  } catch {
    return invalid(['JSON parse error'], 'Unrecognized object', 'Event object format is unrecognized');
  }
  const key = Head.safeParse(json).data?.routing_key;
  if (key === undefined) return invalid(["'routing_key' is missing or blank"]);
  if (key.length !== 32) return invalid(["Length of 'routing_key' is incorrect (should be 32 characters)"]);
  if (key !== routingKey) return invalid(['Invalid routing key']);
  const event = Event.safeParse(json);
  if (event.success) return { event: event.data };
  return invalid(event.error.issues.map(({ path, message }) => `'${path.join('.')}' ${message}`));
}

function invalid(errors: readonly string[], status = 'invalid event', message = 'Event object is invalid'): Reply {
  return { status: 400, body: { status, message, errors } };
}

/** What acknowledges or resolves nothing is taken and has no effect. */
function file(alerts: PagerAlert[], key: string, event: Event): void {
  const at = alerts.findLastIndex((alert) => alert.key === key && alert.state !== 'resolved');
  const open = alerts[at];
  if (event.event_action === 'trigger' && open === undefined) {
    const { summary, severity, custom_details: details = {} } = event.payload;
    alerts.push({ key, state: 'triggered', summary, severity, details, events: ['trigger'] });
    return;
  }
  if (open === undefined) return;
  const states = { trigger: open.state, acknowledge: 'acknowledged', resolve: 'resolved' } as const;
  alerts[at] = { ...open, state: states[event.event_action], events: [...open.events, event.event_action] };
}
