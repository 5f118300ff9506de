// Socket Mode: we call Slack and keep the line open, so that no address of ours has to be reachable.
import { type Logger as BoltLogger, SocketModeReceiver } from '@slack/bolt';
import type { Secret } from '../core/secret.ts';

type Options = { readonly appToken: Secret; readonly apiUrl: string; readonly logger: BoltLogger };

/**
 * Makes the receiver. It comes back by itself when the line is cut: Slack being away for hours must not end in the
 * unhandled rejection that its client lets out after its last try, so there is no last one.
 */
export function socketDoor({ appToken, apiUrl, logger }: Options): SocketModeReceiver {
  return new SocketModeReceiver({
    appToken: appToken.open(),
    logger,
    installerOptions: {
      clientOptions: {
        slackApiUrl: apiUrl,
        timeout: 10_000,
        retryConfig: { forever: true, retries: 10, factor: 1.5, minTimeout: 500, maxTimeout: 10_000 },
      },
    },
  });
}
