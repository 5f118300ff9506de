// Finds processes: what another one has started, and the servers that were started by ssh and that nobody is the parent of.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Process = { readonly pid: number; readonly parent: number; readonly command: string };

/** Those that still have an unbroken line of parents up to it; itself not included. */
export async function descendantsOf(ancestor: number): Promise<Process[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,comm=']);
  const all = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
  const below = (parent: number): Process[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(ancestor);
}

/** Ends every PostgreSQL whose data lies below `dir`. */
export async function endServersBelow(dir: string): Promise<void> {
  const { stdout } = await run('ps', ['-A', '-ww', '-o', 'pid=,args=']);
  for (const line of stdout.split('\n').filter((one) => one.includes(`postgres -D ${dir}/`))) {
    try {
      process.kill(Number.parseInt(line, 10), 'SIGQUIT');
    } catch {
      // It has gone already.
    }
  }
}
