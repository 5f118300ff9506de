// Where incidents are told outside of Slack, all of it on loopback: PagerDuty, a status page, a mail server.
import { type MailServer, startMailServer } from './mail-server.ts';
import { type PagerDutyServer, startPagerDuty } from './pagerduty.ts';
import { type StatuspageServer, startStatuspage } from './statuspage.ts';

export type Outside = {
  readonly pager: PagerDutyServer;
  readonly page: StatuspageServer;
  readonly mail: MailServer;
  /** The variables that `notify` names. */
  readonly env: Readonly<Record<string, string>>;
  /** What stands under `incidents.notify` in a system file. */
  readonly notify: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
};

const PAGE = 'sandboxpage';
export const COMPONENT = 'application';

export async function startOutside(): Promise<Outside> {
  const routingKey = 'sandbox0routing0key0of0032chars0';
  const token = 'sandbox-statuspage-token';
  const credentials = { user: 'holdfast', password: 'sandbox-mail-password' };
  const [pager, page, mail] = await Promise.all([
    startPagerDuty({ routingKey }),
    startStatuspage({ token, page: PAGE, components: [COMPONENT] }),
    startMailServer({ credentials }),
  ]);
  return {
    pager,
    page,
    mail,
    env: { PAGERDUTY_ROUTING_KEY: routingKey, STATUSPAGE_TOKEN: token, SMTP_URL: mail.url },
    notify: {
      pagerduty: { routingKey: 'PAGERDUTY_ROUTING_KEY', url: pager.url, levels: [1, 2] },
      statuspage: { token: 'STATUSPAGE_TOKEN', url: page.url, page: PAGE, component: COMPONENT, levels: [1, 2] },
      email: { smtp: 'SMTP_URL', from: 'holdfast@example.com', to: ['team@example.com'] },
    },
    async stop() {
      await Promise.all([pager.stop(), page.stop(), mail.stop()]);
    },
  };
}
