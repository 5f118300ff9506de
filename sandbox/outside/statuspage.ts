// A status page that speaks Statuspage's API: one page with components, its incidents and their updates.
import { z } from 'zod';
import type { Part, Reply, Request } from '../supabase/http/exchange.ts';
import { type ActiveFaults, activeFaults } from '../supabase/http/faults.ts';
import { serveParts } from '../supabase/http/serve.ts';
import { outsideControl } from './control.ts';

const ComponentStatus = z.enum([
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
]);
type ComponentStatus = z.infer<typeof ComponentStatus>;
const Status = z.enum(['investigating', 'identified', 'monitoring', 'resolved']);

const Given = z.object({
  incident: z.object({
    name: z.string().min(1).max(255).optional(),
    status: Status.optional(),
    body: z.string().max(25_000).optional(),
    components: z.record(z.string(), ComponentStatus).optional(),
    component_ids: z.array(z.string()).optional(),
    metadata: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
  }),
});
type Given = z.infer<typeof Given>['incident'];

export type PageIncident = {
  readonly id: string;
  readonly name: string;
  readonly status: z.infer<typeof Status>;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Newest first, as the API gives them. */
  readonly incident_updates: readonly { readonly status: string; readonly body: string }[];
  readonly components: readonly { readonly id: string }[];
};

export type PageState = {
  /** Newest first. */
  readonly incidents: readonly PageIncident[];
  readonly components: Readonly<Record<string, ComponentStatus>>;
};

export type StatuspageServer = {
  readonly url: string;
  readonly faults: ActiveFaults;
  received(): PageState;
  /** As a person may do on the page. */
  remove(incident: string): void;
  stop(): Promise<void>;
};

export type StartStatuspage = {
  token: string;
  page: string;
  components: readonly string[];
  port?: number;
  /** Default true: a page may keep no metadata. */
  keepsMetadata?: boolean;
};

/** Default: any free port. */
export async function startStatuspage(options: StartStatuspage): Promise<StatuspageServer> {
  const { token, page, keepsMetadata = true } = options;
  const components: Record<string, ComponentStatus> = {};
  for (const id of options.components) components[id] = 'operational';
  let incidents: PageIncident[] = [];
  const faults = activeFaults();
  const received = () => ({ incidents, components });

  function write(given: Given, before: PageIncident | null): PageIncident {
    Object.assign(components, given.components);
    const status = given.status ?? before?.status ?? 'investigating';
    const update = given.body === undefined ? [] : [{ status, body: given.body }];
    const ids = [...new Set([...(given.component_ids ?? []), ...Object.keys(given.components ?? {})])];
    const incident: PageIncident = {
      id: before?.id ?? `page${String(incidents.length + 1).padStart(8, '0')}`,
      name: given.name ?? before?.name ?? '',
      status,
      metadata: keepsMetadata ? (given.metadata ?? before?.metadata ?? {}) : {},
      incident_updates: [...update, ...(before?.incident_updates ?? [])],
      components: ids.length === 0 ? (before?.components ?? []) : ids.map((id) => ({ id })),
    };
    incidents = [incident, ...incidents.filter(({ id }) => id !== incident.id)];
    return incident;
  }

  async function change(request: Request, before: PageIncident | null): Promise<Reply> {
    const { success, data, error } = Given.safeParse(await json(request));
    if (!success) return refused(422, ...error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
    const given = data.incident;
    const strange = [...(given.component_ids ?? []), ...Object.keys(given.components ?? {})].find(
      (id) => !(id in components),
    );
    if (strange !== undefined) return refused(422, `Component ${strange} not found`);
    if (before === null && given.name === undefined) return refused(422, "Name can't be blank");
    return { status: before === null ? 201 : 200, body: write(given, before) };
  }

  const api: Part = async (request) => {
    const { method, path } = request;
    if (!path.startsWith('/v1/')) return null;
    if (request.headers['authorization'] !== `OAuth ${token}`) return refused(401, 'Could not authenticate');
    const [, id, incident] = /^\/v1\/pages\/([^/]+)\/incidents(?:\/([^/]+))?$/.exec(path) ?? [];
    if (id !== page) return refused(404, 'Page not found');
    if (incident === undefined) {
      if (method === 'POST') return change(request, null);
      return method === 'GET' ? { status: 200, body: incidents.slice(0, 100) } : null;
    }
    const before = incidents.find((one) => one.id === incident);
    if (before === undefined) return refused(404, 'Incident not found');
    if (method === 'PATCH') return change(request, before);
    return method === 'GET' ? { status: 200, body: before } : null;
  };

  const server = await serveParts(options.port ?? 0, faults, [outsideControl(faults, received), api]);
  return {
    url: `http://127.0.0.1:${server.port}`,
    faults,
    received,
    remove(incident) {
      incidents = incidents.filter(({ id }) => id !== incident);
    },
    stop: server.close,
  };
}

async function json(request: Request): Promise<unknown> {
  try {
    return JSON.parse((await request.body()).toString());
  } catch {
    return null;
  }
}

function refused(status: number, ...errors: readonly string[]): Reply {
  return { status, body: { error: errors.length === 1 ? errors[0] : errors } };
}
