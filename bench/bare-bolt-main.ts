// The other side of the ack benchmark: a Bolt app whose handler does nothing but acknowledge.
import { App, LogLevel } from '@slack/bolt';

const [port = '0', apiUrl = ''] = process.argv.slice(2);
const app = new App({
  token: process.env['SLACK_BOT_TOKEN'] ?? '',
  signingSecret: process.env['SLACK_SIGNING_SECRET'] ?? '',
  clientOptions: { slackApiUrl: apiUrl },
  logLevel: LogLevel.ERROR,
});
app.command('/dr', async ({ ack }) => {
  await ack();
});
await app.start({ port: Number(port), host: '127.0.0.1' });
