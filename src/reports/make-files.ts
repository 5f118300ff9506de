// Makes the files of a report: Markdown, and of a drill the PDF and the picture besides (B15, G27).
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
  const picture = pictureOf(seriesOf(report, history));
  const svg = picture === null ? null : await svgOf(picture.spec);
  const pdf = await pdfOf(drillDocument(report, report.figures), { at: report.at, picture: svg });
  const files: [ReportFile, ReportFile] = [markdown, { name: `${name}.pdf`, title, alt: null, data: pdf }];
  if (picture === null || svg === null) return files;
  const png = {
    name: `${name}.png`,
    title: `${title}: the past drills`,
    alt: picture.alt,
    data: await pngOf(svg, WIDTH),
  };
  return [...files, png];
}

/** Oldest first, this one at the end. Drills of other names take other times. */
function seriesOf(report: Report, history: readonly Report[]): Report[] {
  const before = history.filter(({ of, figures, at }) => {
    return of !== report.of && figures?.drill === report.figures?.drill && at <= report.at;
  });
  return [...before.toSorted((a, b) => (a.at < b.at ? -1 : 1)), report];
}
