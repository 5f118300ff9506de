// The past drills as points of the picture: what each shows, and how its labels read.
import type { Report } from '../core/report.ts';
import { megabytes } from '../core/wording.ts';
import { RESULT_WORDS } from './drill-document.ts';

/** More points than this cannot be told apart. */
const MOST = 24;
/** With more than so many a label has room for a number only. */
const ROOMY = 8;

export type Point = {
  readonly title: string;
  /** The day; with the operation where one day has several. */
  readonly name: string;
  readonly result: Report['result'];
  /** Null is what was not measured. */
  readonly minutes: number | null;
  readonly rto: number | null;
  /** Where the point stands: at 0 when nothing was measured, and the label says so. */
  readonly height: number;
  readonly label: string;
  /** Of the backup, in `unit`, which is the same for all points; 0 when it is unknown. */
  readonly size: number;
  readonly unit: string;
  readonly sizeLabel: string;
};

/** In the order in which they were held; the newest ones when there are too many. */
export function pointsOf(drills: readonly Report[]): Point[] {
  const shown = drills.slice(-MOST);
  const days = shown.map(({ at }) => at.slice(0, 10));
  const { unit, divisor } = unitOf(shown.map(({ figures }) => figures?.backup?.bytes ?? 0));
  return shown.map(({ at, of, title, result, figures }) => {
    const day = at.slice(0, 10);
    const minutes = figures?.recoverySeconds == null ? null : figures.recoverySeconds / 60;
    const bytes = figures?.backup?.bytes ?? null;
    const size = (bytes ?? 0) / divisor;
    return {
      title,
      name: days.filter((each) => each === day).length > 1 ? `${day} ${of}` : day,
      result,
      minutes,
      rto: figures?.rtoMinutes ?? null,
      height: minutes ?? 0,
      label: labelOf(minutes, result),
      size,
      unit,
      sizeLabel: sizeLabel(bytes, size, shown.length),
    };
  });
}

function labelOf(minutes: number | null, result: Report['result']): string {
  const word = result === 'pass' ? '' : RESULT_WORDS[result];
  if (minutes === null) return word === '' ? 'not measured' : word;
  return `${rounded(minutes)} ${word}`.trim();
}

function sizeLabel(bytes: number | null, size: number, points: number): string {
  if (bytes === null) return points > ROOMY ? '?' : 'unknown';
  return points > ROOMY ? rounded(size) : megabytes(bytes);
}

/** `3.4`, `12`: three figures at the most say enough. */
function rounded(number: number): string {
  return number < 10 ? String(Math.round(number * 10) / 10) : Math.round(number).toLocaleString('en-US');
}

/** The unit of the largest one. */
function unitOf(bytes: readonly number[]): { readonly unit: string; readonly divisor: number } {
  const largest = Math.max(0, ...bytes);
  if (largest >= 1e10) return { unit: 'GB', divisor: 1e9 };
  return largest >= 1e6 ? { unit: 'MB', divisor: 1e6 } : { unit: 'kB', divisor: 1e3 };
}
