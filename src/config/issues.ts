// From a schema's issues to places and sentences.
import type { z } from 'zod';

export type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };

/** `environments.production.consent.roles[0]` */
export function dotted(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? String(part) : `${text}.${String(part)}`;
  }, '');
}

/** The issues of a schema as paths with messages; of a union, those of the branch that fits best. */
export function issuesOf(error: z.ZodError): Issue[] {
  return error.issues.flatMap((issue) => flatten(issue, []));
}

function flatten(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Issue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    const [best] = [...issue.errors].sort((a, b) => a.length - b.length);
    if (best !== undefined && best.length > 0) return best.flatMap((inner) => flatten(inner, path));
  }
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) => ({ path, message: `the name ${message}` }));
  return [{ path, message: issue.message }];
}
