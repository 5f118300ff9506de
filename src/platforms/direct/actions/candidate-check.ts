// candidate.check: is the candidate whole, and what would be lost and brought back by making it the live database?
import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { isFor } from '../../../core/built.ts';
import type { Check } from '../../../core/check.ts';
import { reasonOf } from '../../../core/errors.ts';
import type { Proof } from '../../../core/facts.ts';
import { onlyReads } from '../../../core/only-reads.ts';
import { untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import type { Secret } from '../../../core/secret.ts';
import type { System } from '../../../core/system.ts';
import { candidateMark, type Mark, markCandidate } from '../../../postgres/candidate/mark.ts';
import { withReader } from '../../../postgres/candidate/reader.ts';
import { compareDatabases } from '../../../postgres/compare/compare.ts';
import { saysOf } from '../../../postgres/compare/says.ts';
import { toDatabase } from '../../../postgres/connect.ts';
import { checkData } from '../../../postgres/integrity.ts';
import { checkStructure } from '../../../postgres/structure.ts';
import { dataOutcome } from '../../shared/data-outcome.ts';
import { type Common, commonOf, judgeOrigin } from '../../shared/origin.ts';
import type { Tools } from '../reach.ts';

type A = Args<'candidate.check'>;

const JOBS = 2;

export function candidateCheck(tools: Tools): Action<A> {
  return {
    ...onlyReads,
    describe: ({ candidate }, { tables }) =>
      `count ${tables.map(({ name }) => name).join(', ')} in ${candidate}, ask its invariants, read its structure (amcheck), compare checksums with the live database`,

    async do({ environment, candidate, expect }, run): Promise<Outcome> {
      const { live } = await tools.reach(run.system, environment);
      const options = { purpose: purposeOf(run), signal: run.signal };
      const built = toDatabase(live, candidate);
      const mark = await candidateMark(live, candidate, options);
      // Checked when it was kept warm: what is on disk has not been written to since, and nobody may connect to it.
      const standing = mark !== null && mark.operation !== run.operation;
      if (standing && !mayStandIn(mark, run.system, environment)) {
        return untouched(`${candidate} does not stand ready for ${environment} as it is set up now`);
      }
      const began = performance.now();
      const { checks, tables, more, says } = await withReader(live, candidate, options, async (reader) => {
        const data = await checkData(reader.database, run.system, expect, options);
        if (standing) {
          const before = `${candidate} was compared and its structure read by ${mark.operation}.`;
          return { ...data, more: [], says: [before] };
        }
        const structure = await checkStructure(built, { ...options, jobs: JOBS, reader });
        const { says, common } = await compare(live, reader.database, run);
        return { ...data, more: [...structure, ...originOf(mark, common)], says };
      });
      const outcome = dataOutcome([...checks, ...more], { says });
      if (outcome.is !== 'done') return outcome;
      await markCandidate(live, candidate, { state: 'checked' }, options);
      const proof = proofOf(run, tables, (performance.now() - began) / 1000);
      return proof === null ? outcome : { ...outcome, evidence: { ...outcome.evidence, proof } };
    },
  };
}

function mayStandIn({ state, built }: Mark, system: System, environment: string): boolean {
  return state === 'checked' && built !== null && isFor(built, system, environment);
}

/** A backup that was loaded completely and whose data is whole is proven restorable. */
function proofOf({ system, operation, outputs }: Run, tables: Proof['tables'], seconds: number): Proof | null {
  for (const output of Object.values(outputs)) {
    const { data } = Loaded.safeParse(output);
    if (data === undefined || !data.loaded.proves) continue;
    const all = Math.round((data.loaded.seconds + seconds) * 10) / 10;
    const at = new Date().toISOString();
    return { system: system.name, backup: data.loaded.backup, operation, at, seconds: all, tables };
  }
  return null;
}

/** What candidate.load left for us. */
const Loaded = z.looseObject({
  loaded: z.object({ backup: z.string(), seconds: z.number(), proves: z.boolean() }),
});

type Compared = { readonly says: string[]; readonly common: Common | null };

/** The live database may be what is broken: that it does not answer says nothing against the candidate. */
async function compare(live: Secret, built: Secret, run: Run): Promise<Compared> {
  const tables = run.system.tables.map(({ name }) => name);
  const options = { purpose: purposeOf(run), signal: run.signal };
  try {
    const compared = await compareDatabases(live, built, { ...options, tables, jobs: JOBS });
    return { says: saysOf(compared), common: commonOf(compared) };
  } catch (thrown) {
    run.signal.throwIfAborted();
    return { says: [`Not compared with the live database: ${reasonOf(thrown)}.`], common: null };
  }
}

/** What is masked is nowhere as it was, and says nothing. */
function originOf(mark: Mark | null, common: Common | null): Check[] {
  if (mark === null || mark.origin === null) return [];
  const isMasked = mark.built?.masked != null;
  const origin = judgeOrigin({ ...mark.origin, common: isMasked ? null : common });
  return origin === null ? [] : [origin];
}
