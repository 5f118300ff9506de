// The picture of the past drills as a Vega-Lite specification: recovery time against the RTO line above, backup size below.
import type { TopLevelSpec } from 'vega-lite';
import type { Report } from '../core/report.ts';
import { clean, span } from '../core/wording.ts';
import { RESULT_WORDS } from './drill-document.ts';
import { type Point, pointsOf } from './picture-points.ts';

/** Of the whole picture, in pixels: Slack shows no more of it. */
export const WIDTH = 1000;
/** Of the fields, so that axes fit beside them. */
const FIELD = 868;
const HEIGHT = 330;
/** Of Okabe and Ito, who chose for all kinds of colour vision; shapes and words say the same. */
const LOOKS = {
  pass: { colour: '#0072B2', shape: 'circle' },
  fail: { colour: '#D55E00', shape: 'cross' },
  unverified: { colour: '#8A5A83', shape: 'triangle-up' },
  none: { colour: '#555555', shape: 'square' },
} as const;
/** More than so many points leave no room for words beside each other. */
const CROWDED = 8;

export type Picture = { readonly spec: TopLevelSpec; readonly alt: string };

/** Drills of one name, the newest last; null when there is none. */
export function pictureOf(drills: readonly Report[]): Picture | null {
  const points = pointsOf(drills);
  const newest = points.at(-1);
  if (newest === undefined) return null;
  const title = clean(newest.title.replace(/, \d{4}-\d\d-\d\d$/, ''));
  const says = summary(points);
  return { spec: specOf(points, title, says), alt: `${title}: ${says}` };
}

/** The same in words: for the subtitle, and for whoever cannot see the picture. */
function summary(points: readonly Point[]): string {
  const newest = points.at(-1);
  const passed = points.filter(({ result }) => result === 'pass').length;
  const took = newest?.minutes == null ? 'not measured' : span(newest.minutes * 60);
  const rto = newest?.rto == null ? 'no RTO is stated' : `RTO ${span(newest.rto * 60)}`;
  return `newest recovery ${took}, ${rto}; ${passed} of ${points.length} drills passed`;
}

function specOf(points: readonly Point[], title: string, subtitle: string): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 16,
    title: { text: title, subtitle, anchor: 'start', limit: FIELD },
    data: { values: points.map((point) => ({ ...point, word: RESULT_WORDS[point.result] })) },
    vconcat: [recovery(points), sizes(points)],
    config: {
      font: 'Roboto',
      title: { fontSize: 26, subtitleFontSize: 18, fontWeight: 'bold', subtitlePadding: 8, offset: 14 },
      axis: { labelFontSize: 16, titleFontSize: 17, titleFontWeight: 'bold', titlePadding: 10, gridColor: '#E3E3E3' },
      legend: { labelFontSize: 16, symbolSize: 220 },
      view: { stroke: null },
    },
  };
}

type Field = Extract<TopLevelSpec, { vconcat: unknown }>['vconcat'][number];

function recovery(points: readonly Point[]): Field {
  const rto = points.at(-1)?.rto ?? null;
  const y = {
    field: 'height',
    type: 'quantitative' as const,
    title: 'Recovery time (minutes)',
    scale: { domain: [0, highest(points, rto)], nice: false },
  };
  const x = xOf(points, false);
  const results = Object.keys(LOOKS).filter((each) =>
    points.some(({ result }) => result === each),
  ) as (keyof typeof LOOKS)[];
  const domain = results.map((result) => RESULT_WORDS[result]);
  const legend = {
    title: null,
    orient: 'top-right' as const,
    direction: 'horizontal' as const,
    offset: -30,
    labelLimit: 300,
  };
  return {
    width: FIELD,
    height: HEIGHT,
    layer: [
      ...(rto === null ? [] : rtoLine(rto)),
      {
        // What was not measured breaks the line.
        mark: {
          type: 'line',
          invalid: 'break-paths-filter-domains',
          color: LOOKS.pass.colour,
          strokeWidth: 2.5,
          opacity: 0.7,
        },
        encoding: { x, y: { ...y, field: 'minutes' } },
      },
      {
        mark: { type: 'point', size: 260, filled: true, opacity: 1, stroke: 'white', strokeWidth: 1 },
        encoding: {
          x,
          y,
          shape: { field: 'word', scale: { domain, range: results.map((each) => LOOKS[each].shape) }, legend },
          color: { field: 'word', scale: { domain, range: results.map((each) => LOOKS[each].colour) }, legend },
        },
      },
      { mark: labelMark(points), encoding: { x, y, text: { field: 'label' } } },
    ],
  };
}

/** Room for the labels above the points: beside each other they are as high as they are long. */
function highest(points: readonly Point[], rto: number | null): number {
  const tops = points.map(({ height, label }) => {
    const room = points.length <= CROWDED ? 45 : 20 + 10 * label.length;
    return height / (1 - room / HEIGHT);
  });
  return Math.max(1, (rto ?? 0) * 1.2, ...tops);
}

function rtoLine(rto: number): Extract<Field, { layer: unknown }>['layer'] {
  const text = `RTO ${span(rto * 60)}`;
  // One row of its own: otherwise it would be drawn once for each drill.
  const data = { values: [{}] };
  return [
    {
      data,
      mark: { type: 'rule', strokeDash: [8, 5], strokeWidth: 2.5, color: 'black' },
      encoding: { y: { datum: rto } },
    },
    {
      data,
      mark: {
        type: 'text',
        align: 'left',
        baseline: 'bottom',
        dy: -5,
        fontSize: 17,
        fontWeight: 'bold',
        color: 'black',
      },
      encoding: { x: { value: 6 }, y: { datum: rto }, text: { value: text } },
    },
  ];
}

function labelMark(points: readonly Point[]): { type: 'text' } & Record<string, unknown> {
  const look = { type: 'text' as const, fontSize: 16, fontWeight: 'bold', color: '#222222' };
  return points.length <= CROWDED
    ? { ...look, baseline: 'bottom', dy: -14 }
    : { ...look, angle: 270, align: 'left', baseline: 'middle', dx: 14 };
}

function sizes(points: readonly Point[]): Field {
  const y = {
    field: 'size',
    type: 'quantitative' as const,
    title: `Backup size (${points[0]?.unit})`,
    scale: { domain: [0, Math.max(1, ...points.map(({ size }) => size)) * 1.35], nice: false },
    axis: { tickCount: 4 },
  };
  const x = xOf(points, true);
  return {
    width: FIELD,
    height: 170,
    layer: [
      { mark: { type: 'bar', color: '#8FA9BF', width: { band: points.length < 4 ? 0.2 : 0.6 } }, encoding: { x, y } },
      {
        mark: {
          type: 'text',
          baseline: 'bottom',
          dy: -4,
          fontSize: points.length > CROWDED ? 13 : 16,
          color: '#222222',
        },
        encoding: { x, y, text: { field: 'sizeLabel' } },
      },
    ],
  };
}

function xOf(points: readonly Point[], labels: boolean) {
  const angle = points.length > CROWDED - 2 ? -50 : 0;
  return {
    field: 'name',
    type: 'ordinal' as const,
    // As given: each layer sees other rows first.
    scale: { domain: points.map(({ name }) => name) },
    title: null,
    axis: labels ? { labelAngle: angle, labelLimit: 260, grid: false } : { labels: false, ticks: false, grid: true },
  };
}
