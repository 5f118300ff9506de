// Starts the sandbox's Slack: local-slack, with our proxy in front of it. Browser and bot use the proxy's address.
import { freePort } from '../servers/free-port.ts';
import { Directory } from './directory.ts';
import { Faults } from './faults.ts';
import { type LocalSlack, startLocalSlack } from './local-slack.ts';
import { HANDED_OUT, startProxy, TO_BOT } from './proxy/proxy.ts';
import { SlackRecord } from './proxy/record.ts';
import { bot, localSlackConfig } from './workspace.ts';

export type SlackOptions = {
  mode: 'socket' | 'http';
  /** HTTP mode: where the bot takes Slack's requests. May be given later with `deliverTo`. */
  requestUrl?: string;
  port?: number;
};

export type SlackServer = {
  mode: 'socket' | 'http';
  /** The workspace in a browser. */
  url: string;
  /** For Bolt: `clientOptions: { slackApiUrl }`. */
  apiUrl: string;
  bot: typeof bot;
  faults: Faults;
  directory: Directory;
  record: SlackRecord;
  /** Process id of local-slack, and its port behind the proxy. */
  pid: number;
  innerPort: number;
  /** The folder of what was uploaded; there when something was. */
  files: string;
  /** HTTP mode: from now on Slack's requests go to this address. */
  deliverTo(requestUrl: string): void;
  /** Cuts the bot's Socket Mode connections; it should come back by itself. */
  cutSocketMode(): void;
  stop(): Promise<void>;
};

/** Starts Slack on loopback and returns when it answers. */
export async function startSlack(options: SlackOptions): Promise<SlackServer> {
  const port = options.port ?? (await freePort());
  const parts = { faults: new Faults(), directory: new Directory(), record: new SlackRecord() };
  const host = `127.0.0.1:${port}`;
  const proxy = await startProxy(port, parts);
  proxy.requestUrl = options.requestUrl ?? 'http://127.0.0.1:9/';
  let slack: LocalSlack;
  try {
    slack = await startLocalSlack(localSlackConfig(options.mode, `http://${host}${TO_BOT}`), `${host}${HANDED_OUT}`);
  } catch (error) {
    await proxy.stop();
    throw error;
  }
  proxy.upstreamPort = slack.port;
  return {
    ...parts,
    mode: options.mode,
    url: `http://${host}`,
    apiUrl: `http://${host}/api/`,
    bot,
    pid: slack.pid,
    innerPort: slack.port,
    files: slack.files,
    deliverTo(requestUrl) {
      proxy.requestUrl = requestUrl;
    },
    cutSocketMode: proxy.cutSocketMode,
    async stop() {
      await proxy.stop();
      await slack.stop();
    },
  };
}
