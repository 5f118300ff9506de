// The arguments of a Web API call, in whichever of Slack's encodings they came.
import { jsonObject, type Request } from './http.ts';

const JSON_FIELDS = ['blocks', 'view', 'attachments', 'metadata'];

/** Arguments from the query and from a JSON or form body. A multipart body is left unread. */
export function callArguments(request: Request): Record<string, unknown> {
  const args: Record<string, unknown> = Object.fromEntries(new URL(request.path, 'http://slack').searchParams);
  const type = request.headers['content-type'] ?? '';
  const body = request.body.toString('utf8');
  if (type.includes('application/json')) Object.assign(args, jsonObject(body));
  else if (type.includes('x-www-form-urlencoded')) Object.assign(args, Object.fromEntries(new URLSearchParams(body)));
  for (const field of JSON_FIELDS) if (typeof args[field] === 'string') args[field] = parsed(args[field]);
  return args;
}

/** The token of a call: from its header, else from its arguments. */
export function callToken(request: Request, args: Record<string, unknown>): string {
  return request.headers['authorization']?.replace(/^Bearer /, '') ?? String(args['token'] ?? '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
