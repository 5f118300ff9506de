// The files of a report, really made: PNG and PDF that look the same on every machine, by a process that leaves nothing behind.
import { execFile } from 'node:child_process';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/core/report.ts';
import { reportFiles } from '../../src/reports/files.ts';
import { makeFiles, type ReportFile } from '../../src/reports/make-files.ts';
import { svgOf } from '../../src/reports/picture.ts';
import { pictureOf } from '../../src/reports/picture-spec.ts';
import { textOfPdf } from '../support/pdf-text.ts';
import { drillStory, pastDrill, reportOf } from '../unit/reports/drills.ts';

const report: Report = { ...reportOf(drillStory()), id: 'rep-9' };
const history = Array.from({ length: 30 }, (_, number) =>
  pastDrill(number, number % 7 === 3 ? { result: 'fail', seconds: null } : {}),
);

describe('the files of a drill', () => {
  let files: readonly ReportFile[];
  let again: readonly ReportFile[];

  beforeAll(async () => {
    files = await reportFiles(report, history);
    again = await makeFiles(report, history);
  });

  it('are Markdown, PDF and a picture, each under a name that says what it is', () => {
    const name = 'drill-grayledger-2025-11-21-op-50';
    expect(files.map((file) => file.name)).toEqual([`${name}.md`, `${name}.pdf`, `${name}.png`]);
    expect(files.map(({ alt }) => alt)).toEqual([
      null,
      null,
      expect.stringContaining('newest recovery 11 min, RTO 1 h'),
    ]);
    expect(Buffer.from(files[0]?.data ?? []).toString()).toBe(report.markdown);
  });

  it('are the same bytes each time, in whatever process they are made', () => {
    for (const [at, file] of files.entries()) expect(Buffer.compare(file.data, again[at]?.data ?? Buffer.of())).toBe(0);
  });

  it('have a picture as wide as Slack shows it', () => {
    const png = Buffer.from(files[2]?.data ?? []);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect(png.readUInt32BE(16)).toBe(1000);
    expect(png.readUInt32BE(20)).toBeGreaterThan(600);
    expect(png.readUInt32BE(20)).toBeLessThan(1000);
  });

  it('have a PDF in A4 with its fonts in it, dated by the drill', () => {
    const pdf = Buffer.from(files[1]?.data ?? []).toString('latin1');
    expect(pdf.startsWith('%PDF-')).toBe(true);
    expect(pdf).toContain('/MediaBox [0 0 595.28 841.89]');
    expect(pdf.match(/\/FontFile2/g)?.length).toBeGreaterThanOrEqual(2);
    expect(pdf).toMatch(/\+Roboto-Regular/);
    expect(pdf).toContain('D:20251121150400Z');
  });

  it('have a PDF that says what the Markdown says', () => {
    const text = textOfPdf(files[1]?.data ?? Buffer.of());
    for (const words of [
      'page 1 of 2',
      'page 2 of 2',
      'Scratch restore',
      'Participants',
      'within the RTO of 1 h',
      'op-50',
    ]) {
      expect(text).toContain(words);
    }
  });
});

describe('the picture', () => {
  it('that cannot be drawn, as where the native part of its library is missing, costs neither Markdown nor PDF', async () => {
    const withoutLibrary = `import { registerHooks } from 'node:module';
      registerHooks({ resolve(name, context, next) {
        if (name === '@resvg/resvg-js') throw new Error('Cannot find native binding');
        return next(name, context);
      } });`;
    const program = fileURLToPath(new URL('../../src/reports/files-main.ts', import.meta.url));
    const hook = `data:text/javascript,${encodeURIComponent(withoutLibrary)}`;
    const child = execFile(process.execPath, ['--import', hook, program], { maxBuffer: 50_000_000 });
    child.stdin?.end(JSON.stringify({ report, history }));
    const made = JSON.parse(await text(child.stdout ?? Readable.from([]))) as { name: string; data: string }[];
    expect(made.map(({ name }) => name.split('.').at(-1))).toEqual(['md', 'pdf']);
    const markdown = Buffer.from(made[0]?.data ?? '', 'base64').toString();
    expect(markdown).toBe(
      `${report.markdown}\nThe picture of the past drills could not be drawn: Cannot find native binding\n`,
    );
  });

  it('is the same SVG in two runs, with every drill in its place', async () => {
    const drills = [pastDrill(1), pastDrill(2, { result: 'fail', seconds: null }), pastDrill(3)];
    const picture = pictureOf(drills);
    if (picture === null) throw new Error('there are drills');
    const [first, second] = [await svgOf(picture.spec), await svgOf(picture.spec)];
    expect(second).toBe(first);
    expect(first).toContain('FAIL');
    const days = [...first.matchAll(/>(2024-\d\d-05)</g)].map(([, day]) => day);
    expect(days).toEqual(['2024-02-05', '2024-03-05', '2024-04-05']);
  });

  it('draws one drill as well as many', async () => {
    const picture = pictureOf([pastDrill(1)]);
    if (picture === null) throw new Error('there is a drill');
    const svg = await svgOf(picture.spec);
    expect(svg).toContain('>RTO 1 h<');
    expect(svg.match(/>RTO 1 h</g)).toHaveLength(1);
  });
});

describe('the files of an incident', () => {
  it('are its Markdown', async () => {
    const draft: Report = {
      ...report,
      kind: 'post-mortem',
      of: 'inc-7',
      result: 'none',
      figures: null,
      markdown: '# Post-mortem\n',
    };
    const files = await reportFiles(draft, []);
    expect(files.map(({ name }) => name)).toEqual(['post-mortem-grayledger-2025-11-21-inc-7.md']);
  });

  it('name the report when they could not be made', async () => {
    const broken = { ...report, at: 'never' };
    await expect(reportFiles(broken, [])).rejects.toThrow('making the files of rep-9');
  });
});
