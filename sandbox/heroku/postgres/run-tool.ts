// Waits for a tool and collects what it said, line by line.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Ran = { code: number | null; lines: string[] };

/** Resolves when the tool has ended, also when it was killed or could not be started. */
export function ended(child: ChildProcess, onLine: (line: string) => void = () => {}): Promise<Ran> {
  const lines: string[] = [];
  const said = (line: string) => {
    lines.push(line);
    onLine(line);
  };
  if (child.stderr) createInterface({ input: child.stderr }).on('line', said);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      // A signal's abort is followed by `close`; a program that is missing is not.
      if (child.pid !== undefined) return;
      said(error.message);
      resolve({ code: null, lines });
    });
    child.on('close', (code) => resolve({ code, lines }));
  });
}
