// The nouns of the simulated Heroku: what one account holds, as plain data.
import type pg from 'pg';
import type { Business } from './seed/business.ts';
import type { LogBuffer } from './web/log-buffer.ts';

export type Slug = {
  id: string;
  /** 40 hex digits. */
  commit: string;
  processTypes: Record<string, string>;
  size: number;
  /** Code that answers every request with 500. */
  broken: boolean;
  createdAt: Date;
};

export type Release = {
  id: string;
  version: number;
  description: string;
  status: 'pending' | 'succeeded' | 'failed';
  slugId: string | null;
  user: string;
  createdAt: Date;
  updatedAt: Date;
  /** The app's own config vars at this release, which a rollback brings back. Add-ons' vars are not among them. */
  configVars: Record<string, string>;
  /** The add-on attached as DATABASE, which is what the running code connects to. */
  databaseAddonId: string | null;
  /** What its release command printed; null when it had none. */
  output: string | null;
};

export type Dyno = { id: string; name: string; type: string; restartedAt: Date };

export type App = {
  id: string;
  name: string;
  /** What its code does with its database. */
  business: Business;
  maintenance: boolean;
  createdAt: Date;
  updatedAt: Date;
  formation: { id: string; type: string; quantity: number; size: string }[];
  dynos: Dyno[];
  slugs: Slug[];
  releases: Release[];
  configVars: Record<string, string>;
  transfers: Transfer[];
  /** One ascending sequence for a (scheduled), b (manual), c (copy) and r (restore). */
  nextTransferNum: number;
  schedules: Schedule[];
  log: LogBuffer;
};

export type DatabaseLogin = { database: string; user: string; password: string };

export type Addon = {
  id: string;
  name: string;
  appId: string;
  /** Without its service: `standard-0`. */
  plan: string;
  state: 'provisioning' | 'provisioned' | 'deprovisioned';
  createdAt: Date;
  login: DatabaseLogin;
  /** Made as another database was at a moment: what its customer asked for, and which of its states it got. */
  rollbackOf: { addonId: string; to: Date; state: Date } | null;
};

export type Attachment = {
  id: string;
  name: string;
  appId: string;
  addonId: string;
  namespace: string | null;
  createdAt: Date;
};

export type Schedule = { id: string; addonId: string; hour: number; timezone: string; createdAt: Date };

export type Transfer = {
  uuid: string;
  num: number;
  addonId: string;
  fromName: string;
  fromType: 'pg_dump' | 'gof3r';
  toName: string;
  toType: 'gof3r' | 'pg_restore';
  sourceBytes: number;
  processedBytes: number;
  succeeded: boolean | null;
  warnings: number;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  canceledAt: Date | null;
  scheduleId: string | null;
  logs: { createdAt: Date; message: string }[];
  /** Ends the work behind it at once; the work then records the cancellation. */
  cancel: (() => void) | null;
};

/** The past of a database. */
export type History = {
  /** Oldest first; each held until the next one. Before the first one, rows were only added. */
  states: { at: Date; file: string }[];
  /** Makes of the first state the one at an earlier moment. */
  withoutLater(client: pg.Client, moment: Date): Promise<void>;
};

/** Everything the account holds. */
export type World = { apps: App[]; addons: Addon[]; attachments: Attachment[]; owner: { id: string; email: string } };
