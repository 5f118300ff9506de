// Holdfast's own data never lies in a database that it can restore.
import { describe, expect, it } from 'vitest';
import { ownDatabaseProblems } from '../../../src/config/own-database.ts';
import { Secret } from '../../../src/core/secret.ts';

const own = new Secret('postgres://holdfast:pw@store:5432/holdfast');
const at = (url: string) => [{ system: 'grayledger', environment: 'staging', connection: new Secret(url) }];

describe('our own database', () => {
  it.each([
    'postgres://other:secret@STORE:5432/holdfast?sslmode=require',
    'postgresql://store/holdfast',
    'postgres://holdfast@store',
  ])('is refused when a system uses it too (%s)', (url) => {
    expect(ownDatabaseProblems(own, at(url))).toEqual([
      {
        path: 'DATABASE_URL',
        message: 'is the database of grayledger, staging; Holdfast needs one that it never restores',
      },
    ]);
  });

  it.each(['postgres://store/grayledger', 'postgres://store:5433/holdfast', 'postgres://elsewhere/holdfast'])(
    'may stand beside others (%s)',
    (url) => expect(ownDatabaseProblems(own, at(url))).toEqual([]),
  );

  it('is the same under each name of this machine', () => {
    const local = new Secret('postgres://localhost/holdfast');
    expect(ownDatabaseProblems(local, at('postgres://[::1]:5432/holdfast'))).toHaveLength(1);
  });
});
