// The part of the Statuspage API that is needed: the incidents of one page, found, made and changed.
import { z } from 'zod';
import type { Secret } from '../../core/secret.ts';
import { type Answer, ask, type Request } from './request.ts';

export type Page = {
  readonly token: Secret;
  /** The page's id. */
  readonly page: string;
  /** `https://api.statuspage.io` */
  readonly url: string;
  readonly redact: (text: string) => string;
};

export const STATUSES = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
export type Status = (typeof STATUSES)[number];

export type ComponentStatus = 'operational' | 'degraded_performance' | 'partial_outage' | 'major_outage';

/** What we write into an incident's metadata to know it again: whose it is, and which notice was told last. */
const Ours = z.object({ incident: z.string(), told: z.string() });
export type Ours = z.infer<typeof Ours>;

export const PageIncident = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  metadata: z
    .object({ holdfast: Ours.optional().catch(undefined) })
    .nullish()
    .catch(null),
  incident_updates: z.array(z.object({ body: z.string().nullish() })).nullish(),
  components: z.array(z.object({ id: z.string() })).nullish(),
});
export type PageIncident = z.infer<typeof PageIncident>;

export type Change = {
  readonly name?: string;
  readonly status: Status;
  readonly body: string;
  readonly components: Readonly<Record<string, ComponentStatus>>;
  readonly component_ids: readonly string[];
  readonly metadata: { readonly holdfast: Ours };
};

/** The newest hundred, which is what the API gives at most. */
const LISTED = 100;

export type Incidents = {
  /** Newest first, also resolved ones. */
  list(signal: AbortSignal): Promise<Answered<PageIncident[]>>;
  read(id: string, signal: AbortSignal): Promise<Answered<PageIncident>>;
  create(incident: Change & { readonly name: string }, signal: AbortSignal): Promise<Answered<PageIncident>>;
  change(id: string, incident: Change, signal: AbortSignal): Promise<Answered<PageIncident>>;
};

export type Answered<T> = { readonly is: 'ok'; readonly body: T } | Exclude<Answer, { is: 'ok' }>;

/** Nothing is contacted before something is asked. */
export function incidentsOf({ token, page, url, redact }: Page): Incidents {
  async function call<T>(
    schema: z.ZodType<T>,
    request: Pick<Request, 'method' | 'json'> & { readonly path?: string },
    signal: AbortSignal,
  ): Promise<Answered<T>> {
    const { path = '', ...rest } = request;
    const answer = await ask(
      {
        ...rest,
        service: 'the status page',
        url: new URL(`/v1/pages/${page}/incidents${path}`, url).href,
        headers: { authorization: `OAuth ${token.open()}` },
        redact,
      },
      signal,
    );
    if (answer.is !== 'ok') return answer;
    const { data } = schema.safeParse(answer.body);
    if (data !== undefined) return { is: 'ok', body: data };
    return { is: 'again', seconds: 0, why: 'the status page answered something of another shape', code: null };
  }

  return {
    list: (signal) => call(z.array(PageIncident), { method: 'GET', path: `?limit=${LISTED}` }, signal),
    read: (id, signal) => call(PageIncident, { method: 'GET', path: `/${encodeURIComponent(id)}` }, signal),
    create: (incident, signal) => call(PageIncident, { method: 'POST', json: { incident } }, signal),
    change: (id, incident, signal) =>
      call(PageIncident, { method: 'PATCH', path: `/${encodeURIComponent(id)}`, json: { incident } }, signal),
  };
}
