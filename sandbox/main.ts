// script/sandbox: everything on loopback to be tried in a browser, or with --tour the story without one.
import { parseArgs } from 'node:util';
import { persons } from './slack/workspace.ts';
import { playTour } from './tour/tour.ts';
import { startWorld, type World } from './world.ts';

const USAGE = `script/sandbox [--port 3000]      starts grayledger and all it stands on; Ctrl-C stops it
script/sandbox --tour [system]    plays and proves the whole story, or that of one system`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tour: { type: 'boolean' },
    port: { type: 'string', default: '3000' },
    help: { type: 'boolean', short: 'h' },
  },
});

if (values.help === true) {
  console.log(USAGE);
} else if (values.tour === true) {
  await playTour((text) => console.log(text), positionals[0] ?? null).catch((error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exitCode = 1;
  });
} else {
  await serve(Number(values.port));
}

async function serve(port: number): Promise<void> {
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // Not `once`: npm passes Ctrl-C on although the terminal has, and the second one must not end the tidying up.
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      console.log('\nStopping …');
      stop();
    });
  }
  console.log('Starting PostgreSQL, the queue, Slack, a simulated Heroku and Holdfast …');
  let world: World | undefined;
  try {
    world = await startWorld({ pace: 'real', slackPort: port, rules: { updateMinutes: 1 } });
    await world.holdfast();
    if (!stopping) console.log(welcome(world));
    await stopped;
  } catch (thrown) {
    // Ctrl-C reaches the servers too: what was starting then could not.
    if (!stopping) console.error(sentenceOf(thrown, port));
    process.exitCode = stopping ? 0 : 1;
  } finally {
    await world?.stop();
  }
}

function sentenceOf(thrown: unknown, port: number): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const isTaken = 'code' in thrown && thrown.code === 'EADDRINUSE';
  return isTaken ? `Port ${port} is taken. Choose another one: script/sandbox --port ${port + 1}` : `${thrown.stack}`;
}

function welcome({ slack, heroku, queue }: World): string {
  const people = Object.entries(persons).map(([name, { realName }]) => `  ${name.padEnd(6)} ${realName}`);
  const apps = Object.entries(heroku.apps).map(([app, { web }]) => `  ${app}: ${web}/health`);
  return `
Open ${slack.url}, go to #incidents, and choose at the top right (“Act as”) whom you play:
${people.join('\n')}

Try:  /dr help
      /dr verify
      /dr restore staging a001
      /dr rollback v255
      /dr restore production a001

The applications (production is broken by v256):
${apps.join('\n')}
${queue.kind === 'redis-server' ? '' : '\nThe queue is an embedded one, because there is no redis-server here.\n'}
Status updates come every minute here. Ctrl-C stops everything and removes it.`;
}
