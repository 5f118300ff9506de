// backup.capture: the dump of the database, and the manifest of the objects in its buckets, which no dump holds (B5).
import { mkdir, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Action, Args, Outcome, Run } from '../../../core/action.ts';
import { Fault, Refusal, reasonOf } from '../../../core/errors.ts';
import { failed } from '../../../core/outcomes.ts';
import type { Tools } from '../../direct/reach.ts';
import { settingsOf, storageOf } from '../reach.ts';
import { compareManifests } from '../storage/compare.ts';
import { copyObjects } from '../storage/copy.ts';
import { differenceSays, manifestChecks, manifestSays } from '../storage/evidence.ts';
import { makeManifest, readManifest } from '../storage/manifest.ts';

type A = Args<'backup.capture'>;
type Done = Extract<Outcome, { is: 'done' }>;

const Output = z.looseObject({ backup: z.string() });

/** `dump` makes the backup of the database. */
export function backupCapture(tools: Tools, dump: Action<A>): Action<A> {
  const withObjects = async (outcome: Outcome, { environment }: A, run: Run): Promise<Outcome> =>
    outcome.is === 'done' ? await listObjects(tools, environment, outcome, run) : outcome;
  return {
    ...dump,
    describe: (args, system) =>
      settingsOf(system, args.environment).storage === undefined
        ? dump.describe(args, system)
        : `${dump.describe(args, system)}; a manifest of the objects in its buckets`,
    do: async (args, run) => withObjects(await dump.do(args, run), args, run),
    async probe(args, run) {
      const probed = await dump.probe(args, run);
      if (probed.is !== 'happened' || settingsOf(run.system, args.environment).storage === undefined) return probed;
      const file = manifestFile(run, args.environment, probed.outcome);
      // Without its manifest it is done again, which keeps the backup that is there.
      if (file === null || (await readManifest(file).catch(() => null)) === null) return { is: 'not_happened' };
      return { is: 'happened', outcome: await withObjects(probed.outcome, args, run) };
    },
  };
}

/** In a directory of its own beside the backups: whatever lies among them counts as one. */
function manifestFile({ system }: Pick<Run, 'system'>, environment: string, outcome: Outcome): string | null {
  const { place } = settingsOf(system, environment).archives;
  const backup = 'output' in outcome ? Output.safeParse(outcome.output).data?.backup : undefined;
  return place.kind !== 'directory' || backup === undefined ? null : join(place.path, 'storage', `${backup}.jsonl`);
}

async function listObjects(tools: Tools, environment: string, outcome: Done, run: Run): Promise<Outcome> {
  const storage = storageOf(tools, run.system, environment);
  const file = manifestFile(run, environment, outcome);
  if (storage === null || file === null) return outcome;
  const { client, settings } = storage;
  const { signal } = run;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const there = await readManifest(file).catch(() => null);
    const onObjects = (objects: number) =>
      run.progress({ percent: null, note: `${objects.toLocaleString('en-US')} objects listed` });
    const manifest =
      there ?? (await makeManifest(client, settings.buckets, file, { signal, now: () => new Date(), onObjects }));
    const { copyTo } = settings;
    const copied = copyTo === undefined ? null : await copyObjects(client, file, copyTo, { signal });
    const checks = manifestChecks(manifest);
    const says = [
      ...outcome.evidence.says,
      ...manifestSays(manifest, copied),
      ...(await sinceLast(file, signal)),
      `The backup itself holds no object, only rows about them; the manifest is ${file}.`,
    ];
    const evidence = { ...outcome.evidence, says, checks: [...outcome.evidence.checks, ...checks] };
    const missing = checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
    if (missing.length === 0 && (copied?.failed ?? 0) === 0) return { ...outcome, evidence };
    const why = missing.length === 0 ? 'not all objects were copied' : `not there: ${missing.join(', ')}`;
    return { is: 'failed', why: `the backup was made, but ${why}`, evidence, untouched: false };
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof Refusal) && !(thrown instanceof Fault)) throw thrown;
    return failed(
      `the backup was made, but not the manifest of its objects: ${reasonOf(thrown)}`,
      outcome.evidence.says,
    );
  }
}

/** What has become of the objects since the newest manifest before this one. */
async function sinceLast(file: string, signal: AbortSignal): Promise<string[]> {
  const dir = dirname(file);
  const others = (await readdir(dir)).filter((name) => name.endsWith('.jsonl') && name !== basename(file));
  const dated = await Promise.all(
    others.map(async (name) => ({
      name,
      at: (await readManifest(join(dir, name)).catch(() => null))?.finishedAt ?? '',
    })),
  );
  const last = dated.filter(({ at }) => at !== '').sort((a, b) => b.at.localeCompare(a.at))[0];
  return last === undefined ? [] : differenceSays(await compareManifests(join(dir, last.name), file, signal));
}
