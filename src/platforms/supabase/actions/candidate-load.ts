// candidate.load: the backup is loaded, masked and searched on the worker; only what was found clean is carried beside what is in use.
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { builtFor, maskedBy } from '../../../core/built.ts';
import type { Check } from '../../../core/check.ts';
import { Fault, Refusal, reasonOf } from '../../../core/errors.ts';
import { done, failed, untouched } from '../../../core/outcomes.ts';
import { purposeOf } from '../../../core/purpose.ts';
import type { Secret } from '../../../core/secret.ts';
import { clock, count, list } from '../../../core/wording.ts';
import type { OpenArchive } from '../../../postgres/archive/open.ts';
import { checkData } from '../../../postgres/integrity.ts';
import { applyMasking } from '../../../postgres/masking/apply.ts';
import { scanForLeaks } from '../../../postgres/masking/scan.ts';
import { archiveSources } from '../../../postgres/masking/sources.ts';
import { withFetched } from '../../direct/fetched.ts';
import type { Tools } from '../../direct/reach.ts';
import { forProject, rulesOf } from '../masking.ts';
import { CARRIED, CARRIED_MASKED } from '../names.ts';
import { mustBringNoCode } from '../schemas/foreign-code.ts';
import { inherit } from '../schemas/heritage.ts';
import { packShelf } from '../schemas/pack.ts';
import { type CandidateMark, dropShelf, markIn, marking, ownMark, schemasInUse, shelfOf } from '../schemas/shelf.ts';
import { asking, carryOver, DATABASE, dumpSchemas, packedFile, withProjectScratch } from '../scratch.ts';

type A = Args<'candidate.load'>;

export function candidateLoad(tools: Tools): Action<A> {
  return {
    describe: ({ candidate, from, masked }) =>
      masked
        ? `load ${from.backup.id} into a scratch PostgreSQL, masked by triggers; search it; pg_restore what is clean as ${candidate}`
        : `load ${from.backup.id} into a scratch PostgreSQL; pg_restore its schemas as ${candidate}`,

    async do(args, run) {
      const masked = maskedBy(run.system, args.environment) !== null;
      if (masked !== args.masked) {
        return untouched(`${args.environment} ${masked ? 'may hold masked data only' : 'is masked no longer'}`);
      }
      try {
        return await load(tools, args, run);
      } catch (thrown) {
        run.signal.throwIfAborted();
        // Only the shelf was touched, and it is dropped when this is taken back.
        if (thrown instanceof Refusal || thrown instanceof Fault) return failed(reasonOf(thrown));
        throw thrown;
      }
    },

    async probe({ environment, candidate }, run) {
      const { live } = await tools.reach(run.system, environment);
      const mark = markIn((await asking(live, run, (query) => shelfOf(query, candidate)))?.comment ?? null);
      // Half of a load is thrown away when it is done again.
      if (mark?.holdfast !== 'candidate' || mark.operation !== run.operation) return { is: 'not_happened' };
      if (mark.state === 'loading') return { is: 'not_happened' };
      return { is: 'happened', outcome: done([`${mark.backup} is in ${candidate}, all of it.`]) };
    },

    undo: { not: 'the new schemas are thrown away as a whole' },
  };
}

async function load(tools: Tools, { environment, candidate, from, masked }: A, run: Run): Promise<Outcome> {
  const { live } = await tools.reach(run.system, environment);
  const before = ownMark(candidate, await asking(live, run, (query) => shelfOf(query, candidate)), run.operation);
  if (before?.holdfast === 'candidate' && before.state !== 'loading') return done(['It was loaded already.']);
  const began = performance.now();
  const dir = join(tools.workDir, run.operation);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = packedFile(dir, candidate);
  return await withFetched(tools, from, run, async (backup, archive) => {
    const mark: CandidateMark = {
      ...{ holdfast: 'candidate', operation: run.operation, backup: from.backup.id, sha256: archive.sha256 },
      ...{ built: builtFor(run.system, environment, from.backup), masked, state: 'loading', checkedAt: null },
    };
    try {
      const packed = await pack(tools, { backup, live, archive, mark, shelf: candidate, file }, run);
      if (packed.problem !== null) return failed(packed.problem, [], packed.checks);
      await run.fence();
      await asking(live, run, (query) => dropShelf(query, candidate));
      await carryOver(tools, live, { shelf: candidate, file, workDir: dir }, run);
      const inherited = await asking(live, run, (query) => inherit(query, candidate));
      await asking(live, run, (query) => query(marking(candidate, { ...mark, state: 'loaded' })));
      const seconds = (performance.now() - began) / 1000;
      const searched = masked ? ', masked and searched' : '';
      return done(
        [
          `${from.backup.id} was loaded${searched} on the worker, and stands in ${candidate}: ${clock(seconds)}.`,
          ...(packed.leftOut.length === 0 ? [] : [`Left out: ${list(packed.leftOut)}.`]),
          ...inherited,
        ],
        null,
        packed.checks,
      );
    } finally {
      await rm(file, { force: true });
    }
  });
}

type Packing = {
  readonly backup: OpenArchive;
  /** The project, which trusts the functions that it has. */
  readonly live: Secret;
  readonly archive: { readonly serverVersion: string | null; readonly tables: readonly string[] };
  readonly mark: CandidateMark;
  readonly shelf: string;
  readonly file: string;
};
type Packed = { readonly problem: string | null; readonly checks: Check[]; readonly leftOut: readonly string[] };

async function pack(tools: Tools, { backup, live, archive, mark, shelf, file }: Packing, run: Run): Promise<Packed> {
  const { masked } = mark;
  const masking = masked ? forProject(rulesOf(run.system), archive.tables) : null;
  return await withProjectScratch(tools, run, archive.serverVersion, async ({ server, admin }) => {
    const hooks = masking === null ? {} : applyMasking(masking, { key: maskingKey(tools) });
    const onProgress = (progress: { percent: number | null; note: string }) => run.progress(progress);
    const { leftOut } = await server.load(backup, DATABASE, { ...hooks, onProgress });
    const loaded = server.connection(DATABASE);
    const checks: Check[] = [];
    if (masking !== null) {
      run.progress({ percent: 99, note: 'looking for personal data that is left' });
      const sources = archiveSources(backup, {
        path: tools.path,
        workDir: join(tools.workDir, run.operation),
        signal: run.signal,
      });
      const scanned = await scanForLeaks(loaded, { masking, sources, purpose: purposeOf(run), signal: run.signal });
      checks.push(...scanned.checks);
      const left = scanned.checks
        .filter(({ status }) => status === 'fail')
        .map(({ name, figure }) => `${name}: ${figure}`);
      if (scanned.leaks > 0 || left.length > 0) {
        const problem = `personal data is left: ${left.join('; ')}. Nothing of it has left the worker`;
        return { problem, checks, leftOut };
      }
    }
    const data = await checkData(loaded, run.system, null, { purpose: purposeOf(run), signal: run.signal });
    const wrong = data.checks.filter(({ status }) => status === 'fail');
    if (wrong.length > 0) {
      const why = `its data is not as it must be: ${list(wrong.map(({ name, figure }) => `${name}: ${figure}`))}`;
      return { problem: why, checks: [...checks, ...data.checks], leftOut };
    }
    const carried = masked ? CARRIED_MASKED : CARRIED;
    const schemas = await asking(admin, run, async (query) => {
      const moved = await schemasInUse(query);
      await asking(live, run, (project) => mustBringNoCode(query, project, moved), { readOnly: true });
      return await asking(loaded, run, (owner) => packShelf(query, owner, { shelf, mark, carried }));
    });
    run.progress({ percent: 99, note: `packing ${count(schemas.length, 'schema')}` });
    await dumpSchemas(tools, admin, { schemas, file }, run);
    return { problem: null, checks, leftOut };
  });
}

function maskingKey({ maskingKey: key }: Tools) {
  if (key !== null) return key;
  throw new Refusal('cannot-mask', 'MASKING_KEY is not set.', 'Set it where Holdfast runs.');
}
