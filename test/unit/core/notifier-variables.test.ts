// Which variables the notifiers of a system need.
import { expect, it } from 'vitest';
import { variablesOfNotifiers } from '../../../src/core/notifier-variables.ts';
import { systemOf } from '../../support/system.ts';

it('names none where nothing is told outside of Slack', () => {
  expect(variablesOfNotifiers(systemOf())).toEqual([]);
});

it('names that of each notifier', () => {
  const notify = {
    pagerduty: { routingKey: 'PAGERDUTY_KEY' },
    statuspage: { token: 'STATUSPAGE_TOKEN', page: 'p1', component: 'c1' },
    email: { smtp: 'SMTP_URL', from: 'holdfast@example.com', to: ['oncall@example.com'] },
  };
  expect(variablesOfNotifiers(systemOf({ incidents: { notify } }))).toEqual([
    'PAGERDUTY_KEY',
    'STATUSPAGE_TOKEN',
    'SMTP_URL',
  ]);
  expect(variablesOfNotifiers(systemOf({ incidents: { notify: { email: notify.email } } }))).toEqual(['SMTP_URL']);
});
