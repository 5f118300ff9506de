// `doctor`: is this installation as it has to be, and what is to be done where it is not? Reads, and changes nothing.
import { access, constants, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/config.ts';
import { ownDatabaseProblems } from '../config/own-database.ts';
import { reasonOf } from '../core/errors.ts';
import type { Platform } from '../core/platform.ts';
import type { System } from '../core/system.ts';
import { ago, count, list, megabytes } from '../core/wording.ts';
import { boltLogger } from '../handlers/bolt-logger.ts';
import { exec } from '../lib/exec.ts';
import { createLog } from '../lib/log.ts';
import { within } from '../lib/within.ts';
import { slackClient } from '../notify/slack-client.ts';
import { keyedIn } from '../people/codes.ts';
import { signersIn } from '../people/signatures.ts';
import { newestTools } from '../postgres/client-tools.ts';
import { withDatabase } from '../postgres/connect.ts';
import { assertNoEviction } from '../queue/assert-no-eviction.ts';
import { approvers, channels, signedIn } from './doctor-slack.ts';
import { type Judged, ok, problem, warning } from './judged.ts';
import { platformsOf } from './platforms.ts';
import { redactorFor } from './redactor.ts';

export type Finding = Judged & { readonly what: string };

type Check = { readonly what: string; look(): Promise<Judged | readonly Judged[]> };

/** A check that takes longer is a problem of its own, and holds up no other. */
const PATIENCE_MS = 30_000;

/** All at once, told in their order. */
export async function* examine(config: Config): AsyncGenerator<Finding> {
  const redactor = redactorFor(config);
  const log = createLog({ level: 'silent', redactor });
  const { slack, systems, auditFile: audit, codesFile, signersFile } = config;
  const client = slackClient({
    token: slack.botToken,
    apiUrl: slack.apiUrl,
    logger: boltLogger(log),
    redact: (text) => redactor.text(text),
  });
  const platforms = platformsOf(config);
  const checks: Check[] = [
    { what: 'Slack', look: () => signedIn(client) },
    { what: 'approvers', look: () => approvers(systems, client, config) },
    { what: 'channels', look: () => channels(systems, client) },
    { what: 'store', look: () => store(config) },
    { what: 'queue', look: () => queue(config) },
    { what: 'PostgreSQL programs', look: () => programs(config) },
    { what: 'WORK_DIR', look: () => workDir(config.workDir) },
    ...(codesFile === null ? [] : [{ what: 'CODES_FILE', look: () => codes(codesFile) }]),
    ...(signersFile === null ? [] : [{ what: 'SIGNERS_FILE', look: () => signers(signersFile, config) }]),
    ...(audit === null ? [] : [{ what: 'AUDIT_FILE', look: () => auditFile(audit) }]),
    ...(systems.some(({ platform }) => platform === platforms.heroku.kind)
      ? [{ what: 'Heroku CLI', look: () => platforms.heroku.assertCli().then(() => ok('it is the pinned one')) }]
      : []),
    ...systems.flatMap((system) => environmentsOf(system, platforms.all, config)),
  ];
  for (const looking of checks.map(looked)) {
    for (const { says, ...finding } of await looking) yield { ...finding, says: redactor.text(says) };
  }
}

async function looked({ what, look }: Check): Promise<Finding[]> {
  try {
    const late = () => new Error(`no answer within ${PATIENCE_MS / 1_000} s`);
    const judged = await within(PATIENCE_MS, look(), late);
    return [judged].flat().map((one) => ({ ...one, what }));
  } catch (thrown) {
    return [{ is: 'problem', what, says: reasonOf(thrown) }];
  }
}

/** What an operation rests on must outlast a power cut, and the clocks of both must agree. */
async function store({ databaseUrl }: Config): Promise<Judged[]> {
  const asked = { readOnly: true, purpose: 'holdfast doctor', timeoutSeconds: 10 };
  return await withDatabase(databaseUrl, asked, async (query) => {
    const before = Date.now();
    const [row] = await query<Record<(typeof DURABLE)[number] | 'version', string> & { now: Date }>(
      `select clock_timestamp() as now, current_setting('server_version') as version,
              ${DURABLE.map((name) => `current_setting('${name}') as ${name}`).join(', ')}`,
    );
    if (row === undefined) return [problem('it answered nothing')];
    const apart = Math.abs(row.now.getTime() - (before + Date.now()) / 2);
    const off = DURABLE.filter((name) => row[name] === 'off');
    return [
      ok(`PostgreSQL ${row.version} answers`),
      off.length === 0
        ? ok('what is committed outlasts a power cut')
        : problem(
            `${list([...off])} is off: a power cut can lose what was acknowledged. Set it to on in its configuration`,
          ),
      apart <= SKEW_MS
        ? ok('its clock and ours agree')
        : warning(`its clock and ours are ${(apart / 1_000).toFixed(1)} s apart: set both by NTP`),
    ];
  });
}

const DURABLE = ['fsync', 'synchronous_commit', 'full_page_writes'] as const;
const SKEW_MS = 2_000;

async function queue({ redisUrl }: Config): Promise<Judged> {
  await assertNoEviction(redisUrl.open());
  return ok('Redis answers, and never throws jobs away');
}

async function programs({ path }: Config): Promise<Judged> {
  const { major } = await newestTools({ path }, ['pg_dump', 'pg_restore', 'psql', 'initdb', 'postgres']);
  return ok(`version ${major} is here: backups of servers up to that one can be restored`);
}

async function workDir(path: string): Promise<Judged> {
  const { bavail, bsize } = await statfs(await writable(path));
  return ok(`${path} can be written, ${megabytes(bavail * bsize)} are free: the largest backup and its data must fit`);
}

async function auditFile(path: string): Promise<Judged> {
  await writable(path);
  return ok(`${path} can be written; \`npm start -- audit verify\` compares it`);
}

async function codes(path: string): Promise<Judged> {
  return ok(`${path} holds the keys of ${count((await keyedIn(path)).size, 'approver')}`);
}

async function signers(path: string, { path: programs }: Config): Promise<Judged[]> {
  const { size } = await signersIn(path);
  const asked = await exec('ssh-keygen', ['-Y', 'find-principals'], { env: { PATH: programs }, timeoutMs: 10_000 });
  const [line = ''] = asked.stderr.split('\n', 1);
  return [
    ok(`${path} holds the keys of ${count(size, 'approver')}`),
    /signature/i.test(line)
      ? ok('ssh-keygen can verify them')
      : problem(`ssh-keygen cannot verify signatures: ${line}`),
  ];
}

/** What is there of it: itself, or the folder in which it will be made. Throws when that cannot be written to. */
async function writable(path: string): Promise<string> {
  const there = await access(path).then(
    () => path,
    () => dirname(path),
  );
  await access(there, constants.W_OK);
  return there;
}

/** One check for each environment: its facts are what every plan begins with. */
function environmentsOf(system: System, platforms: readonly Platform[], config: Config): Check[] {
  const platform = platforms.find(({ kind }) => kind === system.platform);
  if (platform === undefined) return [];
  return Object.keys(system.environments).map((environment) => ({
    what: `${system.name}, ${environment}`,
    look: () => reached(platform, system, environment, config),
  }));
}

async function reached(platform: Platform, system: System, environment: string, config: Config): Promise<Judged[]> {
  const [facts, connection] = await Promise.all([
    platform.facts(system, environment),
    platform.connection(system, { environment, candidate: null }),
  ]);
  const own = ownDatabaseProblems(config.databaseUrl, [{ system: system.name, environment, connection }]);
  const asked = { readOnly: true, purpose: 'holdfast doctor', timeoutSeconds: 10 };
  const answers = await withDatabase(connection, asked, (query) => query('select 1')).then(
    () => ok(`${facts.target.name} and its database answer`),
    (thrown: unknown) => problem(`its database does not answer: ${reasonOf(thrown)}`),
  );
  const newest = facts.backups.find(({ state, kind }) => state === 'finished' && kind !== 'preimage');
  const backups =
    environment !== system.backups.of
      ? []
      : newest?.finishedAt == null
        ? [warning('there is no finished backup: take one with /dr backup')]
        : [ok(`its newest backup ${newest.id} is ${ago(newest.finishedAt, new Date())} old`)];
  return [...own.map(({ message }) => problem(`DATABASE_URL ${message}`)), answers, ...backups];
}

/** As one line: `problem  store: …`. */
export function lineOf({ is, what, says }: Finding): string {
  return `${is.padEnd(8)} ${what}: ${says}`;
}

/** The last line, by how many problems there are. */
export function verdictOf(problems: number): string {
  return problems === 0
    ? 'nothing stands in the way'
    : `${count(problems, 'problem')}: Holdfast does not work as it should`;
}
