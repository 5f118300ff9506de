// What tells one simulated application from another: its processes, its failures, and what its customers do.
import type pg from 'pg';

export type Business = {
  /** The table that its health answer counts, and that its customers write. Every row has a `created_at`. */
  counts: string;
  /** What customers look at. */
  paths: readonly string[];
  /** Commands by process type; `release` runs with each release. */
  processes: Record<string, string>;
  configVars: Record<string, string>;
  /** The config var that holds its secret. */
  secret: string;
  /** What its broken code says. */
  failure: { error: string; message: string; log: readonly string[] };
  /** What it calls a query that failed. */
  databaseError: string;
  /** Customers write `count` rows. */
  write(client: pg.Client, count: number): Promise<void>;
  /** A bug removes data; resolves to how many rows no longer fit together. */
  corrupt(client: pg.Client): Promise<number>;
};
