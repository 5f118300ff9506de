// A machine on which programs are run: this one, or one behind ssh. Callers need not know which.
import { createReadStream, type ReadStream } from 'node:fs';
import { type ExecOptions, exec, type Ran } from './exec.ts';

export interface Host {
  /** For a person: "this machine", "db1.example.net". */
  readonly name: string;
  /**
   * Runs a program there to its end, with exactly these arguments and past every shell. Any exit code is returned, as by
   * `exec`. Throws what `refuse` made when the program was certainly not started, and HostLost when nobody can say.
   * No secret belongs into the arguments: others on that machine can read them.
   */
  run(program: string, args: readonly string[], options?: HostOptions): Promise<Ran>;
}

export type HostOptions = Pick<
  ExecOptions,
  'signal' | 'timeoutMs' | 'stdoutFile' | 'takeStdout' | 'maxBuffer' | 'onLine'
> & {
  /** What the program reads; nothing by default. */
  readonly stdin?: string;
  /** A file of this machine that the program reads instead. */
  readonly stdinFile?: string;
  /** Which part of that file, in bytes; by default all of it. */
  readonly stdinPart?: FilePart;
};

export type FilePart = { readonly from: number; readonly bytes: number };

/** Makes the error that tells a person why nothing was done and what to do: `(...all) => new Refusal(...all)`. */
export type Refuse = (code: string, why: string, next: string) => Error;

/** The connection broke while the program ran: it is being ended, and what it has done is not known. */
export class HostLost extends Error {
  override readonly name = 'HostLost';
  readonly host: string;

  constructor(host: string, program: string) {
    super(`the connection to ${host} broke while ${program} ran there; what it has done is not known`);
    this.host = host;
  }
}

export type LocalHost = {
  /** Where programs are looked for. */
  readonly path: string;
  /** The user as whom they run; by default ourselves. Anybody but root needs sudo without a password for it. */
  readonly as?: string;
};

/**
 * This machine. Programs die with us; only one that an ordinary user runs by sudo can outlive a worker that is killed with
 * -9, because nobody may send it a signal.
 */
export function localHost({ path, as }: LocalHost): Host {
  const env = { PATH: path, LC_ALL: 'C', TZ: 'UTC' };
  return {
    name: 'this machine',
    async run(program, args, options = {}) {
      const given: ExecOptions = { ...execOptionsOf(options), env };
      if (as === undefined) return await exec(program, args, given);
      if (process.getuid?.() === 0) return await exec(program, args, { ...given, ...(await idsOf(as, env)) });
      return await exec('sudo', ['-n', '-u', as, '--', program, ...args], given);
    },
  };
}

/** The same for a program that is started here, whatever it leads to. */
export function execOptionsOf({ stdinFile, stdinPart, ...options }: HostOptions): Omit<ExecOptions, 'env'> {
  return { ...options, ...(stdinFile === undefined ? {} : { stdin: partOf(stdinFile, stdinPart) }) };
}

/** Not for a part without bytes. */
function partOf(file: string, part: FilePart | undefined): ReadStream {
  return createReadStream(file, part === undefined ? {} : { start: part.from, end: part.from + part.bytes - 1 });
}

async function idsOf(user: string, env: ExecOptions['env']): Promise<{ uid: number; gid: number }> {
  const [uid = '', gid = ''] = await Promise.all(
    ['-u', '-g'].map(async (what) => (await exec('id', [what, '--', user], { env })).stdout.trim()),
  );
  if (uid === '' || gid === '') throw new Error(`this machine has no user ${user}`);
  return { uid: Number(uid), gid: Number(gid) };
}
