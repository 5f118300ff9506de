// Which environment variables hold the secrets with which a system's incidents are told outside of Slack.
import type { System } from './system.ts';

/** In the order of the system file; empty where nothing is told outside. */
export function variablesOfNotifiers({ incidents: { notify } }: Pick<System, 'incidents'>): string[] {
  const { pagerduty, statuspage, email } = notify;
  return [pagerduty?.routingKey, statuspage?.token, email?.smtp].filter((variable) => variable !== undefined);
}
