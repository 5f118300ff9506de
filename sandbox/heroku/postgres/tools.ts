// Runs pg_dump and pg_restore: no shell, a closed environment, the password never in the arguments.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseLogin } from '../model.ts';
import type { Postgres } from './server.ts';

export type ToolName = 'pg_dump' | 'pg_restore';

/** Starts a tool as the database's own role. Its standard error is the transfer's log. */
export function startTool(
  tool: ToolName,
  args: readonly string[],
  login: DatabaseLogin,
  server: Postgres,
  signal: AbortSignal,
): ChildProcess {
  const target = ['--host', server.host, '--port', server.port, '--username', login.user, '--no-password'];
  return spawn(pathOf(tool), [...target, ...args], {
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', PGPASSWORD: login.password, PGCONNECT_TIMEOUT: '10' },
    stdio: ['pipe', 'ignore', 'pipe'],
    signal,
  });
}

// The newest installed version: client tools must not be older than the server.
function pathOf(tool: ToolName): string {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return tool;
  const newest = readdirSync(versions)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(versions, version, 'bin', tool))
    .find((path) => existsSync(path));
  return newest ?? tool;
}
