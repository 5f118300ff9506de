// Starts the local-slack program: the Slack that our proxy stands in front of.
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../servers/free-port.ts';
import { startProcess } from '../servers/server-process.ts';
import { workingDirectory } from '../servers/working-directory.ts';

/** `files`: the folder of what was uploaded; there when something was. */
export type LocalSlack = { port: number; pid: number; files: string; stop(): Promise<void> };

/** Starts local-slack on loopback. `baseHost` is put into every address it hands out, followed by `:port`. */
export async function startLocalSlack(config: object, baseHost: string): Promise<LocalSlack> {
  const command = localSlackBinary();
  const port = await freePort();
  const { path: dir, removeIfOurs } = await workingDirectory('slack');
  const files = join(dir, 'files');
  await writeFile(join(dir, 'workspace.json'), JSON.stringify(config));
  // A program compiled by Bun reads bunfig.toml from where it starts.
  const preload = fileURLToPath(new URL('./listen-on-loopback.ts', import.meta.url));
  await writeFile(join(dir, 'bunfig.toml'), `preload = [${JSON.stringify(preload)}]\n`);
  try {
    const program = await startProcess({
      name: 'local-slack',
      command,
      args: [
        ...['--config', join(dir, 'workspace.json'), '--port', String(port)],
        ...['--base-host', baseHost, '--files-dir', files],
      ],
      env: { PATH: '/usr/bin:/bin', TMPDIR: dir },
      cwd: dir,
      logFile: join(dir, 'server.log'),
      deathSignal: 'SIGTERM',
    });
    await program.untilReady(() => fetch(`http://127.0.0.1:${port}/_control/state`).then((answer) => answer.text()));
    return {
      port,
      pid: program.pid,
      files,
      async stop() {
        await program.end(['SIGTERM'], 2_000);
        await removeIfOurs();
      },
    };
  } catch (error) {
    await removeIfOurs();
    throw error;
  }
}

function localSlackBinary(): string {
  const name = `local-slack-${process.platform}-${process.arch}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), 'bin', 'local-slack');
  } catch (cause) {
    throw new Error(`local-slack is not installed. Install it with: npm install --no-save ${name}@0.1.8`, { cause });
  }
}
