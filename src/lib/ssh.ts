// Runs programs on another machine by the system's ssh client.
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exec, type Ran } from './exec.ts';
import { type FilePart, type Host, HostLost, type HostOptions } from './host.ts';
import { commandLine, listenFor } from './remote-program.ts';
import { noConnection, type SshClient, sshArgs, sshEnv } from './ssh-client.ts';

export type SshHost = SshClient & {
  /** Where programs are looked for over there. */
  readonly remotePath: string;
  /** The user as whom they run; by default the one who logs in. Anybody but root needs sudo without a password for it. */
  readonly as?: string;
};

/** The program over there is ended when it has not heard of us for 30 s. */
const BEAT_MS = 5_000;
/** For logging in; after that the client itself notices when the host no longer answers. */
const START_MS = 30_000;

/**
 * The machine behind ssh. When the connection ends, the program there is ended: at once where its sshd notices, and within
 * 35 s where packets are simply lost. Only one that still waits for its input then waits for sshd to notice (2 h); it never
 * takes a broken connection for the end of that input. What has made a session of its own (a started server) stays.
 */
export function sshHost(settings: SshHost): Host {
  return { name: settings.address.host, run: (program, args, options = {}) => run(settings, program, args, options) };
}

async function run(settings: SshHost, program: string, args: readonly string[], options: HostOptions): Promise<Ran> {
  options.signal?.throwIfAborted();
  const mark = `holdfast-${randomUUID()}`;
  const { remotePath: path, as } = settings;
  const input = await inputOf(options);
  const command = commandLine({ mark, inputBytes: input.bytes, path, as, program, args });
  const start = startWithin(START_MS);
  const told = listenFor(mark, options.onLine, start.seen);
  const { stdin: _, stdinFile: __, stdinPart: ___, ...rest } = options;
  const ran = await exec('ssh', sshArgs(settings, ['-o', 'ClearAllForwardings=yes'], [command]), {
    ...rest,
    env: sshEnv(settings),
    stdin: input.stream(),
    signal: options.signal === undefined ? start.signal : AbortSignal.any([options.signal, start.signal]),
    onLine: told.onLine,
  }).finally(start.over);
  const stderr = told.without(ran.stderr);
  const code = told.code();
  if (start.missed()) throw noConnection(settings, '');
  if (ran.aborted || ran.timedOut) return { ...ran, code: null, stderr };
  if (code === null)
    throw start.wasSeen() ? new HostLost(settings.address.host, program) : noConnection(settings, stderr);
  if (code === 127 && stderr.startsWith('env: ')) throw notInstalled(settings, program);
  return { ...ran, code, signal: null, stderr };
}

function notInstalled({ address, refuse, remotePath }: SshHost, program: string): Error {
  const why = `${program} is not installed on ${address.host}.`;
  return refuse('host-program-missing', why, `Install it there, where the PATH ${remotePath} leads.`);
}

/** What the program reads, and after it the dots that say that we are there. */
async function inputOf({
  stdin,
  stdinFile,
  stdinPart,
}: HostOptions): Promise<{ bytes: number; stream(): PassThrough }> {
  if (stdinFile !== undefined) {
    const part = stdinPart ?? { from: 0, bytes: (await stat(stdinFile)).size };
    return { bytes: part.bytes, stream: () => fromFile(stdinFile, part) };
  }
  const text = Buffer.from(stdin ?? '');
  return {
    bytes: text.length,
    stream: () => {
      const stream = new PassThrough();
      stream.write(text);
      beat(stream);
      return stream;
    },
  };
}

function fromFile(file: string, { from, bytes }: FilePart): PassThrough {
  const stream = new PassThrough();
  const source = createReadStream(file, { start: from, end: from + Math.max(0, bytes - 1) });
  pipeline(source, stream, { end: false }).then(
    () => {
      // The dots would be taken for the rest of it.
      if (source.bytesRead === bytes) beat(stream);
      else stream.destroy(new Error(`${file} has become shorter while it was sent`));
    },
    (thrown) => stream.destroy(thrown),
  );
  return stream;
}

function beat(stream: PassThrough): void {
  stream.write('.');
  const timer = setInterval(() => stream.write('.'), BEAT_MS);
  stream.once('close', () => clearInterval(timer));
}

function startWithin(ms: number) {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  let seen = false;
  return {
    signal: late.signal,
    seen: () => {
      seen = true;
      clearTimeout(timer);
    },
    over: () => clearTimeout(timer),
    wasSeen: () => seen,
    missed: () => late.signal.aborted,
  };
}
