// Reads Heroku's Platform API and data API. It never changes anything: that is for the CLI (docs/adr/0002).
import type { z } from 'zod';
import { Fault, Refusal } from '../../core/errors.ts';
import { sleep } from '../../lib/clock.ts';
import type { Resolved } from './options.ts';
import { ask, type Reply, type Request } from './request.ts';

export type Ask = {
  readonly host?: 'platform' | 'data';
  /** `version ..; max=200, order=desc` */
  readonly range?: string;
  /** Only for requests that change nothing, such as asking for a download's address. */
  readonly method?: 'GET' | 'POST';
  readonly signal?: AbortSignal;
};

export type Api = {
  /** Reads; null when Heroku says that there is no such thing. Repeated within bounds when it fails. */
  find<T>(path: string, schema: z.ZodType<T>, options?: Ask): Promise<T | null>;
  /** The same for what has to be there: a Refusal says that it is not. */
  get<T>(path: string, schema: z.ZodType<T>, options?: Ask): Promise<T>;
};

/** Codes of the refusals after which the same read may well succeed a little later. */
export const PASSING = ['heroku-unreachable', 'heroku-rate-limited'];

export function createApi({ apiKey, host, dataHost, timeout, tries, pause }: Resolved): Api {
  function requestFor(path: string, { host: which = 'platform', range, method = 'GET' }: Ask): Request {
    return {
      path,
      url: `${which === 'data' ? dataHost : host}${path}`,
      method,
      headers: {
        Accept: 'application/vnd.heroku+json; version=3',
        Authorization: `Bearer ${apiKey.open()}`,
        'User-Agent': 'holdfast',
        ...(range === undefined ? {} : { Range: range }),
      },
    };
  }

  async function find<T>(path: string, schema: z.ZodType<T>, options: Ask = {}): Promise<T | null> {
    const request = requestFor(path, options);
    for (let tried = 1; ; tried += 1) {
      const reply = await ask(request, timeout, options.signal);
      if (reply.is === 'absent') return null;
      if (reply.is === 'body') return parsed(path, schema, reply.body);
      if (tried >= tries) throw givenUp(reply);
      await sleep(Math.max(reply.afterMs, pause * 2 ** (tried - 1)), options.signal);
    }
  }

  return {
    find,
    async get(path, schema, options) {
      const found = await find(path, schema, options);
      if (found !== null) return found;
      const name = /^\/(?:client\/v11\/)?apps\/([^/]+)/.exec(path)?.[1];
      const what = name === undefined ? path : `what was asked of the app ${name}`;
      throw new Refusal(
        'heroku-not-found',
        `Heroku does not know ${what}.`,
        'Check the name in the system file, and that the key may see it.',
      );
    },
  };
}

function parsed<T>(path: string, schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new Fault(`reading ${path} of Heroku: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'has another shape'}`);
}

function givenUp({ limited, why }: Reply & { is: 'again' }): Refusal {
  return limited
    ? new Refusal(
        'heroku-rate-limited',
        'Heroku answers that we have asked too often.',
        'Wait some minutes, then ask again.',
      )
    : new Refusal(
        'heroku-unreachable',
        `Heroku cannot be reached: ${why}.`,
        'See https://status.heroku.com, then ask again.',
      );
}
