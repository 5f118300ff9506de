// Answers the `systemctl` and `journalctl` that stand on the PATH of the sandbox's host, in systemd's words and exit codes.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { shortIso } from './journal.ts';
import type { Unit } from './units.ts';

const Call = z.object({ program: z.string(), args: z.array(z.string()) });
type Answer = { code: number; stdout: string; stderr: string };

export type Systemd = {
  /** Holds the two programs; it stands first on the PATH of the host. */
  readonly bin: string;
  close(): Promise<void>;
};

export async function serveSystemd(dir: string, units: readonly Unit[]): Promise<Systemd> {
  const socket = join(dir, 'systemd.sock');
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { program, args } = Call.parse(JSON.parse(body));
    response.end(JSON.stringify(await (program === 'journalctl' ? journalctl : systemctl)(args, units)));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const bin = join(dir, 'bin');
  await mkdir(bin, { recursive: true });
  const client = fileURLToPath(new URL('systemctl-main.ts', import.meta.url));
  for (const name of ['systemctl', 'journalctl']) {
    await writeFile(join(bin, name), `#!/bin/sh\nexec '${process.execPath}' '${client}' '${socket}' ${name} "$@"\n`);
    await chmod(join(bin, name), 0o755);
  }
  return {
    bin,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function systemctl(args: readonly string[], units: readonly Unit[]): Promise<Answer> {
  const [verb = '', ...names] = args.filter((arg) => !arg.startsWith('-'));
  if (verb === 'show') return answer(0, names.map((name) => shown(name, find(units, name), args)).join('\n'));
  const answers: Answer[] = [];
  for (const name of names) answers.push(await doTo(verb, name, find(units, name)));
  return {
    code: answers.find(({ code }) => code !== 0)?.code ?? 0,
    stdout: answers.map(({ stdout }) => stdout).join(''),
    stderr: answers.map(({ stderr }) => stderr).join(''),
  };
}

async function doTo(verb: string, name: string, unit: Unit | undefined): Promise<Answer> {
  const full = withSuffix(name);
  if (verb === 'is-active') {
    const state = unit?.show().ActiveState ?? 'inactive';
    return answer(state === 'active' ? 0 : 3, `${state}\n`);
  }
  if (verb === 'start' || verb === 'stop') {
    if (unit === undefined) {
      return answer(5, '', `Failed to ${verb} ${full}: Unit ${full} not ${verb === 'start' ? 'found' : 'loaded'}.\n`);
    }
    if (unit.fault === 'not-allowed') {
      return answer(1, '', `Failed to ${verb} ${full}: Interactive authentication required.\n`);
    }
    if (verb === 'start' ? await unit.start() : await unit.stop()) return answer(0);
    return answer(
      1,
      '',
      `Job for ${full} failed because the control process exited with error code.\n` +
        `See "systemctl status ${full}" and "journalctl -xeu ${full}" for details.\n`,
    );
  }
  return answer(1, '', `Unknown command verb ${verb}.\n`);
}

function shown(name: string, unit: Unit | undefined, args: readonly string[]): string {
  const all: Record<string, string | number> = {
    Id: withSuffix(name),
    LoadState: unit === undefined ? 'not-found' : 'loaded',
    ...(unit?.show() ?? { ActiveState: 'inactive', SubState: 'dead', MainPID: 0, Result: 'success' }),
  };
  const wanted = args
    .find((arg) => arg.startsWith('--property='))
    ?.slice('--property='.length)
    .split(',');
  const kept = Object.entries(all).filter(([property]) => wanted?.includes(property) ?? true);
  return kept.map(([property, value]) => `${property}=${value}\n`).join('');
}

async function journalctl(args: readonly string[], units: readonly Unit[]): Promise<Answer> {
  const value = (option: string) => args.find((arg) => arg.startsWith(`${option}=`))?.slice(option.length + 1);
  const since = Number(value('--since')?.replace('@', '') ?? 0) * 1000;
  const most = Number(value('--lines') ?? 1000);
  const entries = (await find(units, value('--unit') ?? '')?.journal()) ?? [];
  const shownOnes = entries.filter(({ at }) => at.getTime() >= since).slice(-most);
  if (shownOnes.length === 0) return answer(0, '-- No entries --\n');
  return answer(0, shownOnes.map((entry) => `${shortIso(entry)}\n`).join(''));
}

function answer(code: number, stdout = '', stderr = ''): Answer {
  return { code, stdout, stderr };
}

function find(units: readonly Unit[], name: string): Unit | undefined {
  return units.find((unit) => withSuffix(unit.name) === withSuffix(name));
}

function withSuffix(name: string): string {
  return name.endsWith('.service') ? name : `${name}.service`;
}
