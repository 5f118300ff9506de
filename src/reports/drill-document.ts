// The page of a drill's report after the template of G27 and B15; every figure stands beside where it comes from.
import type { DrillFigures, Report, ReportPart } from '../core/report.ts';
import { clock, count, list, megabytes, span, utc } from '../core/wording.ts';
import {
  type Block,
  type Document,
  heading,
  type Line,
  labelled,
  listOr,
  type Piece,
  paragraph,
  personText,
  sentence,
  type Task,
} from './document.ts';

export const RESULT_WORDS: Readonly<Record<Report['result'], string>> = {
  pass: 'PASS',
  fail: 'FAIL',
  unverified: 'UNVERIFIED',
  none: 'DOES NOT COUNT',
};

const PART_WORDS: Readonly<Record<ReportPart['result'], string>> = {
  pass: 'PASS',
  fail: 'FAIL',
  unverified: 'UNVERIFIED',
  confirmed: 'CONFIRMED BY A PERSON',
  'not run': 'NOT RUN',
};

type About = Pick<Report, 'of' | 'at' | 'title' | 'result'>;

/** Made from the report's own figures, so that it reads the same whenever it is sent. */
export function drillDocument(report: About, figures: DrillFigures): Document {
  const { people } = figures;
  const said = (text: string): Line => sentence(text, people);
  return {
    title: `Disaster recovery drill: ${report.title}`,
    blocks: [
      paragraph({ strong: `Result: ${RESULT_WORDS[report.result]}` }, ` · ${report.of}, ended ${utc(report.at)}`),
      labelled('Participants', participantsText(figures)),
      heading('Results'),
      { is: 'tasks', items: figures.parts.map((part) => task(part, said)) },
      labelled('Conclusion', conclusion(report, figures)),
      { is: 'picture' },
      heading('Figures'),
      { is: 'table', head: ['Figure', 'Measured', 'Target', 'Source'], rows: figureRows(report, figures) },
      ...rowBlocks(figures),
      heading('Checks'),
      ...checkBlocks(figures, said),
      heading('Issues'),
      listOr(figures.issues.map(said), 'None was found.'),
      heading('Recommendations'),
      listOr(figures.recommendations.map(said), 'None: nothing that was measured asks for a change.'),
      labelled('Next drill', figures.nextAt === null ? 'not scheduled' : utc(figures.nextAt)),
      paragraph(`Everything here is read from the plan and the journal of ${report.of}: `, {
        code: `/dr audit ${report.of}`,
      }),
    ],
  };
}

function participantsText({ participants, people }: DrillFigures): string {
  return participants.length === 0 ? 'nobody joined' : list(participants.map((id) => personText(id, people)));
}

function task({ title, result, seconds, says }: ReportPart, said: (text: string) => Line): Task {
  const took = seconds === null ? '' : ` in ${clock(seconds)}`;
  return {
    done: result === 'pass' || result === 'confirmed',
    line: [`${title}: `, { strong: PART_WORDS[result] }, took],
    under: says.map(said),
  };
}

/** What the drill says about the next emergency, and no more than that. */
function conclusion({ result }: About, { recoverySeconds, rtoMinutes, parts }: DrillFigures): string {
  const not = parts.filter((part) => part.result !== 'pass' && part.result !== 'confirmed').map(({ title }) => title);
  const open = not.length === 0 ? '' : ` Not proven: ${list(not)}.`;
  if (recoverySeconds === null) return `This drill does not show how long a recovery takes.${open}`;
  const within =
    rtoMinutes === null
      ? ''
      : `, ${recoverySeconds <= rtoMinutes * 60 ? 'within' : 'longer than'} the RTO of ${span(rtoMinutes * 60)}`;
  const counts = result === 'none' ? ' Too few people joined, so the drill does not count.' : '';
  return `The data was recovered in ${span(recoverySeconds)}${within}.${open}${counts}`;
}

function figureRows({ of }: About, figures: DrillFigures): Line[][] {
  const { backup, smoke, leaks, rtoMinutes, rpoMinutes } = figures;
  const journal = (what: string) => `journal of ${of}: ${what}`;
  return [
    [
      'Backup',
      backup === null ? UNKNOWN : `${backup.id}, finished ${backup.at === null ? UNKNOWN : utc(backup.at)}`,
      '',
      `plan of ${of}`,
    ],
    ['Size of the backup', bytesText(backup?.bytes ?? null), '', `plan of ${of}`],
    ['Download', secondsText(figures.downloadSeconds), '', journal('backup.fetch')],
    ['Restore', secondsText(figures.restoreSeconds), '', journal('the steps that load data, of the longest part')],
    [
      'Recovery',
      secondsText(figures.recoverySeconds),
      minutesText('RTO', rtoMinutes),
      journal('all steps of the longest part that recovered data'),
    ],
    ['Data that may be lost', 'see the checks', minutesText('RPO', rpoMinutes), 'system file'],
    ['Whole drill', secondsText(figures.totalSeconds), '', journal('from its first step to its end')],
    ['Smoke tests', smoke === null ? NOT_MEASURED : `${smoke.passed}/${smoke.of}`, 'all', journal('smoke.check (B8)')],
    [
      'Personal data after masking',
      leaks === null ? NOT_MEASURED : count(leaks, 'leak'),
      '0 leaks',
      journal('candidate.scan (B16)'),
    ],
  ];
}

const UNKNOWN = 'unknown';
const NOT_MEASURED = 'not measured';

function secondsText(seconds: number | null): string {
  return seconds === null ? NOT_MEASURED : `${clock(seconds)} (mm:ss)`;
}

function bytesText(bytes: number | null): string {
  return bytes === null ? UNKNOWN : megabytes(bytes);
}

function minutesText(name: string, minutes: number | null): string {
  return minutes === null ? 'none stated' : `${name} ${span(minutes * 60)}`;
}

function rowBlocks({ rows }: DrillFigures): Block[] {
  const counted = Object.entries(rows).map(([table, number]): Piece[][] => [
    [{ code: table }],
    [number.toLocaleString('en-US')],
  ]);
  if (counted.length === 0) return [];
  return [heading('Rows'), { is: 'table', head: ['Table', 'Rows after the restore'], rows: counted }];
}

function checkBlocks({ parts }: DrillFigures, said: (text: string) => Line): Block[] {
  const rows = parts.flatMap(({ title, checks }) =>
    checks.map(({ name, status, figure, source }): Line[] => [
      title,
      name,
      status === 'pass' ? 'PASS' : [{ strong: status.toUpperCase() }],
      said(figure),
      source ?? 'data check',
    ]),
  );
  if (rows.length === 0) return [paragraph('No check was made.')];
  return [{ is: 'table', head: ['Part', 'Check', 'Verdict', 'Figure', 'Source'], rows }];
}
