// The process that makes the files of one report: takes report and history on standard input, writes the files as JSON.
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { Report } from '../core/report.ts';
import { makeFiles } from './make-files.ts';

const Asked = z.object({ report: Report, history: z.array(Report) });

const { report, history } = Asked.parse(JSON.parse(await text(process.stdin)));
const files = await makeFiles(report, history);
process.stdout.write(
  JSON.stringify(files.map((file) => ({ ...file, data: Buffer.from(file.data).toString('base64') }))),
);
