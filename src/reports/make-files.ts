// Makes the files of a report: Markdown, and of a drill the PDF and the picture besides (B15, G27).
import { reasonOf } from '../core/errors.ts';
import type { Report } from '../core/report.ts';
import { drillDocument } from './drill-document.ts';
import { pdfOf } from './pdf.ts';
import { pngOf, svgOf } from './picture.ts';
import { pictureOf, WIDTH } from './picture-spec.ts';

export type ReportFile = {
  readonly name: string;
  readonly title: string;
  /** What a picture shows; null for text. */
  readonly alt: string | null;
  readonly data: Uint8Array;
};

/** `history`: reports of the system's drills, in any order; those of the same drill until this one are drawn. */
export async function makeFiles(
  report: Report,
  history: readonly Report[],
): Promise<readonly [ReportFile, ...ReportFile[]]> {
  const name = `${report.kind}-${report.system}-${report.at.slice(0, 10)}-${report.of}`;
  const { title } = report;
  const markdown = { name: `${name}.md`, title, alt: null, data: new TextEncoder().encode(report.markdown) };
  if (report.figures === null) return [markdown];
  const drawn = await drawnOf(pictureOf(seriesOf(report, history)));
  const pdf = await pdfOf(drillDocument(report, report.figures), { at: report.at, picture: drawn.svg });
  const files: [ReportFile, ReportFile] = [
    told(markdown, drawn.problem),
    { name: `${name}.pdf`, title, alt: null, data: pdf },
  ];
  if (drawn.png === null) return files;
  return [...files, { name: `${name}.png`, title: `${title}: the past drills`, ...drawn.png }];
}

type Drawn = {
  readonly svg: string | null;
  readonly png: Pick<ReportFile, 'alt' | 'data'> | null;
  readonly problem: string | null;
};

/** The picture is the least of it: what keeps it from being drawn costs nobody the report. */
async function drawnOf(picture: ReturnType<typeof pictureOf>): Promise<Drawn> {
  if (picture === null) return { svg: null, png: null, problem: null };
  try {
    const svg = await svgOf(picture.spec);
    return { svg, png: { alt: picture.alt, data: await pngOf(svg, WIDTH) }, problem: null };
  } catch (thrown) {
    return { svg: null, png: null, problem: reasonOf(thrown) };
  }
}

function told(markdown: ReportFile, problem: string | null): ReportFile {
  if (problem === null) return markdown;
  const [line] = problem.split('\n');
  const text = `${new TextDecoder().decode(markdown.data)}\nThe picture of the past drills could not be drawn: ${line}\n`;
  return { ...markdown, data: new TextEncoder().encode(text) };
}

/** Oldest first, this one at the end. Drills of other names take other times. */
function seriesOf(report: Report, history: readonly Report[]): Report[] {
  const before = history.filter(({ of, figures, at }) => {
    return of !== report.of && figures?.drill === report.figures?.drill && at <= report.at;
  });
  return [...before.toSorted((a, b) => (a.at < b.at ? -1 : 1)), report];
}
