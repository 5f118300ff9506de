// A specification drawn: as SVG, and as PNG with fonts of our own, so that it looks the same on every machine.
import type { TopLevelSpec } from 'vega-lite';
import { fontFiles } from './fonts.ts';

/** The same specification leads to the same text. Vega is loaded when it is needed: it is large. */
export async function svgOf(spec: TopLevelSpec): Promise<string> {
  const [{ compile }, { parse, View, Error: onlyErrors, resetSVGDefIds }] = await Promise.all([
    import('vega-lite'),
    import('vega'),
  ]);
  const view = new View(parse(compile(spec).spec), { renderer: 'none', logLevel: onlyErrors });
  try {
    // Vega numbers what it defines throughout the process.
    resetSVGDefIds();
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** `width` in pixels. */
export async function pngOf(svg: string, width: number): Promise<Uint8Array> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const image = await renderAsync(svg, {
    background: 'white',
    fitTo: { mode: 'width', value: width },
    font: {
      loadSystemFonts: false,
      fontFiles: [...fontFiles().all],
      defaultFontFamily: 'Roboto',
      sansSerifFamily: 'Roboto',
    },
  });
  return new Uint8Array(image.asPng());
}
