// Roboto, as pdfmake brings it along: the only font of pictures and PDFs, whatever the machine has.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

type FontFiles = {
  readonly folder: string;
  readonly normal: string;
  readonly bold: string;
  readonly all: readonly string[];
};

export function fontFiles(): FontFiles {
  const home = dirname(createRequire(import.meta.url).resolve('pdfmake/package.json'));
  const folder = join(home, 'fonts', 'Roboto');
  const normal = join(folder, 'Roboto-Regular.ttf');
  const bold = join(folder, 'Roboto-Medium.ttf');
  return { folder, normal, bold, all: [normal, bold] };
}
