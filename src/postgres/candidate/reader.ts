// Reads a candidate as the role that owns all of it and nothing elsewhere: what a backup brings along may run when it is read.
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import { toDatabase } from '../connect.ts';
import { onServer } from '../database-facts.ts';
import type { ServerOptions } from './mark.ts';
import { admitLoadRole, asRole, dismissLoadRole, loadRole } from './role.ts';

export type Reader = {
  /** The candidate as the role. */
  readonly database: Secret;
  readonly role: string;
};

/**
 * Until it goes live, nothing in a candidate may run as anybody else: a view that is counted, an operator of an invariant, a
 * cast of a comparison, a function that runs as its owner. Throws a Refusal when it was handed over already.
 */
export async function withReader<T>(
  server: Secret,
  name: string,
  options: ServerOptions,
  use: (reader: Reader) => Promise<T>,
): Promise<T> {
  const connection = { ...options, readOnly: false, timeoutSeconds: 30 };
  const password = await onServer(server, connection, (query) => admitLoadRole(query, name));
  if (password === null) {
    throw new Refusal(
      'candidate-handed-over',
      `${name} was to go live before: what a backup has brought along could run in it with the rights of others.`,
      'Remove it with `/dr cleanup`, and build it again from its backup.',
    );
  }
  try {
    const role = loadRole(name);
    return await use({ database: asRole(toDatabase(server, name), role, password), role });
  } finally {
    // Whoever reads next gets a new password in any case.
    await onServer(server, connection, (query) => dismissLoadRole(query, name)).catch(() => {});
  }
}
