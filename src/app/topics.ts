// What is told in Slack, by the kind of its subject.
import type { IncidentSight } from '../core/incident-views.ts';
import type { Report } from '../core/report.ts';
import type { System } from '../core/system.ts';
import { alertTopic } from '../notify/alert-topic.ts';
import { incidentTopic } from '../notify/incident-topic.ts';
import { withHead } from '../notify/ledger-head.ts';
import { operationTopic } from '../notify/operation-topic.ts';
import { reportTopic } from '../notify/report-topic.ts';
import type { Topics } from '../notify/topic.ts';
import { reportFiles } from '../reports/files.ts';
import type { Store } from '../store/store.ts';

type Given = {
  readonly store: Pick<Store, 'operations' | 'alerts' | 'reports' | 'ledger'>;
  readonly systems: readonly System[];
  readonly sightOf: (incident: string) => Promise<IncidentSight>;
  readonly channelOf: (sight: IncidentSight) => Promise<string>;
  readonly now: () => Date;
};

/** So many past drills are drawn. */
const HISTORY = 200;

export function topicsOf({ store, systems, sightOf, channelOf, now }: Given): Topics {
  const { operations, alerts, reports, ledger } = store;
  const filesOf = async (report: Report, { name }: System) =>
    reportFiles(report, await reports.list(name, 'drill', HISTORY));
  return {
    op: withHead(operationTopic({ operations, systems, now }), ledger.head),
    inc: withHead(incidentTopic({ sightOf, channelOf, now }), ledger.head),
    al: alertTopic({ alerts, systems, now }),
    rep: reportTopic({ reports, systems, filesOf }),
  };
}
