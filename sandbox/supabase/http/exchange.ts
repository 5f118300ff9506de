// A request and its reply, as the parts of a project hand them to each other.
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';

const LONGEST_BODY = 10_000_000;

export type Request = {
  readonly method: string;
  /** As sent, without the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** A listing holds at most so many entries; null: as many as asked for. */
  readonly pageLimit: number | null;
  body(): Promise<Buffer>;
};

export type Reply = {
  readonly status: number;
  /** Anything but bytes is sent as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Null when the path is none of its own. */
export type Part = (request: Request) => Promise<Reply | null>;

export const ok = (body: unknown): Reply => ({ status: 200, body });

/** The whole body, up to 10 MB. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LONGEST_BODY) throw new Error('the body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body as JSON of this shape; throws for anything else. */
export async function shaped<Shape extends z.ZodType>(request: Request, schema: Shape): Promise<z.infer<Shape>> {
  return schema.parse(JSON.parse((await request.body()).toString('utf8') || '{}'));
}
