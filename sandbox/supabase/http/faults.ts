// The faults one can ask a project for, and which of them strikes a request.
import { z } from 'zod';

const Do = z.discriminatedUnion('kind', [
  /** Answers with this instead of handling the request; without a body, as the service itself would refuse. */
  z.strictObject({
    kind: z.literal('answer'),
    status: z.int().min(200).max(599),
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  /** Waits, then handles the request as always. */
  z.strictObject({ kind: z.literal('stall'), ms: z.int().min(0) }),
  /** Destroys the connection before handling. */
  z.strictObject({ kind: z.literal('reset') }),
  /** Handles the request, then destroys the connection instead of answering. */
  z.strictObject({ kind: z.literal('lose-reply') }),
  /** Handles the request and sends half of the body, in a complete answer or (`cut`) under a length that never comes. */
  z.strictObject({ kind: z.literal('truncate'), cut: z.boolean().default(false) }),
  /** A listing holds at most so many entries, whatever was asked for. */
  z.strictObject({ kind: z.literal('short-pages'), limit: z.int().min(1) }),
]);

export const Fault = z.strictObject({
  /** `path` is a regular expression over the path without its query. */
  match: z.strictObject({ method: z.string().optional(), path: z.string() }),
  /** How many requests it strikes; without it, all until the faults are cleared. */
  times: z.int().positive().optional(),
  do: Do,
});
export type Fault = z.infer<typeof Fault>;

export type ActiveFaults = {
  add(fault: Fault): void;
  clear(): void;
  /** The first fault that matches, one time used up. */
  strike(method: string, path: string): Fault['do'] | null;
};

/** An empty set of faults. */
export function activeFaults(): ActiveFaults {
  let faults: { fault: Fault; left: number }[] = [];
  return {
    add: (fault) => void faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => {
      faults = [];
    },
    strike(method, path) {
      const hit = faults.find(
        ({ fault: { match }, left }) =>
          left > 0 && (match.method ?? method) === method && new RegExp(match.path).test(path),
      );
      if (hit === undefined) return null;
      hit.left -= 1;
      return hit.fault.do;
    },
  };
}
