// Reads the environment variables, all of them here and nowhere else, and reports everything that is wrong at once.
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { Secret } from '../core/secret.ts';
import { issuesOf } from './issues.ts';
import type { Problem } from './problem.ts';
import { VARIABLES, type VariableName } from './variables.ts';

/** Names and values of environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** With both an app token and a signing secret, Socket Mode is used. */
type Door =
  | { readonly mode: 'socket'; readonly appToken: Secret }
  | { readonly mode: 'http'; readonly signingSecret: Secret; readonly port: number };

export type Env = {
  readonly databaseUrl: Secret;
  readonly redisUrl: Secret;
  readonly slack: { readonly botToken: Secret; readonly apiUrl: string; readonly door: Door };
  /** Address that our own ports listen on. */
  readonly host: string;
  /** Null: nobody asks whether this process is well. */
  readonly healthPort: number | null;
  /** Null: metrics are for this machine alone. */
  readonly metricsToken: Secret | null;
  readonly workDir: string;
  /** Null: the store is the only audit record. */
  readonly auditFile: string | null;
  /** Null: nobody has a key of one-time codes. */
  readonly codesFile: string | null;
  /** Null: nobody has a registered ssh key. */
  readonly signersFile: string | null;
  readonly maskingKey: Secret | null;
  /** Where programs are looked for. */
  readonly path: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  /** `host` and `dataHost` as the Heroku CLI understands them. */
  readonly heroku: { readonly apiKey: Secret | null; readonly host: string; readonly dataHost: string | null };
};

/** The variables that this process was started with. */
export function processVariables(): Variables {
  return process.env;
}

/** Either everything, or everything that is wrong. */
export function readEnv(given: Variables): { env: Env } | { problems: Problem[] } {
  const set = Object.fromEntries(VARIABLES.flatMap(({ name }) => (given[name] ? [[name, given[name]]] : [])));
  const parsed = Shape.safeParse(set);
  const shape = parsed.success ? [] : issuesOf(parsed.error);
  const problems = shape.map(({ path, message }): Problem => ({ path: String(path[0]), message }));
  if (!set['SLACK_APP_TOKEN'] && !set['SLACK_SIGNING_SECRET']) {
    const message = 'is not set, nor is SLACK_SIGNING_SECRET: one of them is needed to hear from Slack';
    problems.push({ path: 'SLACK_APP_TOKEN', message });
  }
  return parsed.success && problems.length === 0 ? { env: envFrom(parsed.data) } : { problems };
}

/** What reading our own records takes: the database, and the audit file where there is one. */
export function readRecordsEnv(
  given: Variables = processVariables(),
): Pick<Env, 'databaseUrl' | 'auditFile'> | { problems: Problem[] } {
  const set = { DATABASE_URL: given['DATABASE_URL'] || undefined, AUDIT_FILE: given['AUDIT_FILE'] || undefined };
  const parsed = Shape.pick({ DATABASE_URL: true, AUDIT_FILE: true }).safeParse(set);
  if (parsed.success) {
    return { databaseUrl: new Secret(parsed.data.DATABASE_URL), auditFile: parsed.data.AUDIT_FILE ?? null };
  }
  return { problems: issuesOf(parsed.error).map(({ path, message }) => ({ path: String(path[0]), message })) };
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

const port = z.coerce.number({ error: 'must be a port number' }).int('must be a port number').min(1).max(65_535);
const url = (schemes: readonly string[]) =>
  z.string({ error: 'is not set' }).refine((text) => URL.canParse(text) && schemes.includes(new URL(text).protocol), {
    error: `must be an address that begins with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`,
  });
const secret = (pattern: RegExp, shape: string) =>
  z.string({ error: 'is not set' }).regex(pattern, `must look like ${shape}`);
const isLoopback = (hostname: string) => /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname);

const Shape = z.object({
  DATABASE_URL: url(['postgres:', 'postgresql:']),
  REDIS_URL: url(['redis:', 'rediss:']),
  SLACK_BOT_TOKEN: secret(/^xoxb-\S+$/, 'xoxb-…'),
  SLACK_APP_TOKEN: secret(/^xapp-\S+$/, 'xapp-…').optional(),
  SLACK_SIGNING_SECRET: z.string().min(8, 'is too short to be a signing secret').optional(),
  PORT: port.default(3000),
  HEALTH_PORT: port.optional(),
  HOST: z.string().default('127.0.0.1'),
  SLACK_API_URL: url(['https:', 'http:']).default('https://slack.com/api/'),
  SYSTEMS_DIR: z.string().default('systems/'),
  AUDIT_FILE: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  CODES_FILE: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  SIGNERS_FILE: z.string().refine(isAbsolute, 'must be an absolute path').optional(),
  WORK_DIR: z.string().default(() => join(tmpdir(), 'holdfast')),
  METRICS_TOKEN: z.string().min(16, 'is too short to be a token: use 16 characters or more').optional(),
  MASKING_KEY: z.string().min(16, 'is too short to be a key: use 16 characters or more').optional(),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: 'must be debug, info, warn, error or silent' }).default('info'),
  HEROKU_API_KEY: z
    .string()
    .min(8, 'is too short to be an API key')
    .regex(/^\S+$/, 'must not contain spaces')
    .optional(),
  // The API key is sent to these two: in clear text only to this very machine.
  HEROKU_HOST: z
    .string()
    .refine((text) => /^[a-z0-9.-]+$/i.test(text) || isSafeAddress(text), {
      error: 'must be a host name or an https:// address (http:// only on this machine)',
    })
    .default('heroku.com'),
  HEROKU_DATA_HOST: z
    .string()
    .regex(/^[a-z0-9.-]+$/i, 'must be a host name, without scheme and port')
    .optional(),
} satisfies Record<VariableName, z.ZodType>);

function isSafeAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

function envFrom(set: z.infer<typeof Shape>): Env {
  const { SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret = '' } = set;
  return {
    databaseUrl: new Secret(set.DATABASE_URL),
    redisUrl: new Secret(set.REDIS_URL),
    slack: {
      botToken: new Secret(set.SLACK_BOT_TOKEN),
      apiUrl: set.SLACK_API_URL,
      door:
        appToken === undefined
          ? { mode: 'http', signingSecret: new Secret(signingSecret), port: set.PORT }
          : { mode: 'socket', appToken: new Secret(appToken) },
    },
    host: set.HOST,
    healthPort: set.HEALTH_PORT ?? null,
    metricsToken: set.METRICS_TOKEN === undefined ? null : new Secret(set.METRICS_TOKEN),
    workDir: set.WORK_DIR,
    auditFile: set.AUDIT_FILE ?? null,
    codesFile: set.CODES_FILE ?? null,
    signersFile: set.SIGNERS_FILE ?? null,
    maskingKey: set.MASKING_KEY === undefined ? null : new Secret(set.MASKING_KEY),
    path: set.PATH,
    logLevel: set.LOG_LEVEL,
    heroku: {
      apiKey: set.HEROKU_API_KEY === undefined ? null : new Secret(set.HEROKU_API_KEY),
      host: set.HEROKU_HOST,
      dataHost: set.HEROKU_DATA_HOST ?? null,
    },
  };
}
