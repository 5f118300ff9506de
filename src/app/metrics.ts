// What Prometheus reads: how much there is of what, and how this process is. No name of a person, no text of anybody.
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Page } from '../lib/health-server.ts';
import type { Counts } from '../store/counts.ts';

type Labelled = { readonly count: number } & Readonly<Record<string, string | number>>;

/** `counts` is asked at each scrape; when it fails, the scrape does, so that what is unknown does not look like nothing. */
export function metricsOf(counts: () => Promise<Counts>): Page {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `holdfast_${name}`, help, labelNames: [...labelNames], registers: [registry] });

  const operations = gauge('operations_open', 'Operations that have not ended.', ['system', 'state']);
  const incidents = gauge('incidents_open', 'Incidents that are not resolved.', ['system', 'level']);
  const alerts = gauge('alerts_open', 'Alerts that last.', ['system', 'severity']);
  const queues = ['commands', 'outbox', 'notices'] as const;
  const what = {
    commands: 'commands that are not answered',
    outbox: 'messages to Slack',
    notices: 'notices elsewhere',
  };
  const waiting = queues.map((name) => ({
    name,
    count: gauge(`${name}_waiting`, `How many ${what[name]} there are to be done.`),
    age: gauge(`${name}_oldest_seconds`, `For how long the oldest of the ${what[name]} is due.`),
  }));

  const set = (into: Gauge, rows: readonly Labelled[]) => {
    into.reset();
    for (const { count, ...labels } of rows) into.set(labels, count);
  };
  return {
    type: registry.contentType,
    async text() {
      const now = await counts();
      set(operations, now.operations);
      set(incidents, now.incidents);
      set(alerts, now.alerts);
      for (const { name, count, age } of waiting) {
        count.set(now[name].waiting);
        age.set(now[name].oldestSeconds);
      }
      return await registry.metrics();
    },
  };
}
