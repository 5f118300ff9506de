// How the server of a database is doing, read now. Null is what could not be read: it is never guessed.

/** A share of something that can be used up, with its figure: `97 of 100 connections`. */
export type Share = { readonly percent: number; readonly text: string };

export type Vitals = {
  /** Of the file system with the server's data, or of what the plan allows. */
  readonly disk: Share | null;
  /** How far the replica that is farthest behind lags in seconds; null also where there is none. */
  readonly lagSeconds: number | null;
  /** Of the connections that the server or the database allows. */
  readonly pool: Share | null;
  /** Size of the live database. */
  readonly bytes: number | null;
};
