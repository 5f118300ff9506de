// Reads request bodies: bytes to JSON, JSON to the shape a handler needs.
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { ApiError, invalid } from './api-error.ts';

const LIMIT = 1_000_000;

/** The request's JSON body; undefined when it has none. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LIMIT) throw new ApiError(413, 'bad_request', 'Request body too large.');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, 'bad_request', 'Unable to parse the JSON request');
  }
}

/** The body in the shape that `schema` asks for, or Heroku's 422. */
export function shaped<Shape extends z.ZodType>(schema: Shape, body: unknown): z.infer<Shape> {
  const parsed = schema.safeParse(body ?? {});
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
  return parsed.data;
}
