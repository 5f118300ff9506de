// Runs the real `docker` and other programs against one engine, in a closed environment.
import { spawn } from 'node:child_process';

export type DockerOptions = {
  /** Given to its standard input. */
  input?: string;
  cwd?: string;
};

/** Runs `docker` and returns what it printed. Rejects with its error output when it ends with anything but 0. */
export function runDocker(
  env: Record<string, string>,
  args: readonly string[],
  options?: DockerOptions,
): Promise<string> {
  return runProgram(env, 'docker', args, options);
}

/** Runs any program in `env`; as runDocker. */
export function runProgram(
  env: Record<string, string>,
  file: string,
  args: readonly string[],
  { input = '', cwd = '/' }: DockerOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text;
      });
    }
    child.once('error', (cause) => reject(new Error(`starting ${file}`, { cause })));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(said.stdout);
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code ?? signal}: ${said.stderr.trim()}`));
    });
    // A program that ends without reading leaves a broken pipe: how it ended says what was wrong.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
