// Reports as the sender tells them: their files, with a sentence.
import type { ReportStore } from '../core/incident-ports.ts';
import type { Report } from '../core/report.ts';
import type { System } from '../core/system.ts';
import { reportComment } from '../messages/report-view.ts';
import type { Topic, Upload } from './topic.ts';

type Options = {
  readonly reports: Pick<ReportStore, 'load'>;
  readonly systems: readonly System[];
  /** Renders it as files. */
  readonly filesOf: (report: Report, system: System) => Promise<Upload['files']>;
};

export function reportTopic({ reports, systems, filesOf }: Options): Topic {
  return async (subject, telling) => {
    const report = await reports.load(subject);
    const system = systems.find(({ name }) => name === report?.system);
    if (report === null || system === undefined || telling.kind !== 'files') return null;
    // A report that cannot be rendered is a defect of ours: like one in composing, it must not stop the others.
    const compose = await filesOf(report, system).then(
      (files) => () => ({ comment: reportComment(report), files }),
      (thrown: unknown) => () => {
        throw thrown;
      },
    );
    return { channel: system.channel, seq: 1, compose };
  };
}
