// The parts of pdfmake that are used here: its own types pull in those of a browser, which contradict Node's.
declare module 'pdfmake' {
  type Font = {
    readonly normal: string;
    readonly bold: string;
    readonly italics: string;
    readonly bolditalics: string;
  };

  namespace pdfmake {
    /** Text, a piece of content, or several of them; what each may hold is pdfmake's own matter. */
    type Content = string | readonly Content[] | { readonly [member: string]: unknown };
    type TDocumentDefinitions = {
      readonly content: Content;
      readonly [member: string]: unknown;
      readonly footer?: (page: number, pages: number) => Content;
    };
  }

  const pdfmake: {
    setUrlAccessPolicy(allows: (url: string) => boolean): void;
    setLocalAccessPolicy(allows: (path: string) => boolean): void;
    setFonts(fonts: Readonly<Record<string, Font>>): void;
    createPdf(definition: pdfmake.TDocumentDefinitions): { getBuffer(): Promise<Uint8Array> };
  };
  export = pdfmake;
}
