// The whole configuration: environment variables and system files, right in themselves and right together.
import { factorOf } from '../core/consent.ts';
import { variablesOfNotifiers } from '../core/notifier-variables.ts';
import type { SecondFactor } from '../core/second-factor.ts';
import { Secret } from '../core/secret.ts';
import type { System } from '../core/system.ts';
import { type Env, processVariables, readEnv, type Variables } from './env.ts';
import type { Problem } from './problem.ts';
import { type Judges, readSystems, type SystemFile } from './systems.ts';

export type Config = Env & {
  readonly systems: readonly System[];
  /** What the variables hold that system files name for their secrets. */
  readonly secrets: ReadonlyMap<string, Secret>;
};

type Read = { readonly config: Config } | { readonly problems: readonly Problem[] };

/** Everything, or everything that is wrong: a wrong variable does not hide a wrong system file. Only files are touched. */
export async function readConfig(judges: Judges, variables: Variables = processVariables()): Promise<Read> {
  const read = readEnv(variables);
  const { systems, problems } = await readSystems(variables['SYSTEMS_DIR'] || 'systems/', judges);
  const named = systems.flatMap((file) => namedBy(file, judges));
  const all = [
    ...('problems' in read ? read.problems : []),
    ...problems,
    ...between(variables, systems),
    ...named.flatMap(({ name, by }) =>
      variables[name] ? [] : [{ path: name, message: `is not set, but ${by} names it` }],
    ),
  ];
  all.push(...systems.flatMap((file) => mailProblems(file, variables)));
  if ('problems' in read || all.length > 0) return { problems: all };
  const secrets = new Map(named.map(({ name }) => [name, new Secret(variables[name] ?? '')]));
  return { config: { ...read.env, systems: systems.map(({ system }) => system), secrets } };
}

/** Nothing of the value is told: a password stands in it. */
function mailProblems({ file, system }: SystemFile, variables: Variables): Problem[] {
  const name = system.incidents.notify.email?.smtp;
  const value = name === undefined ? undefined : variables[name];
  if (name === undefined || !value) return [];
  if (URL.canParse(value) && /^smtps?:$/.test(new URL(value).protocol) && new URL(value).hostname !== '') return [];
  const message = `must be an address such as smtps://user:password@mail.example.com:465, for the e-mail of ${file}`;
  return [{ path: name, message }];
}

function between(variables: Variables, systems: readonly SystemFile[]): Problem[] {
  const needed = (path: string, file: SystemFile | undefined, why: string): Problem[] =>
    file === undefined || variables[path] ? [] : [{ path, message: `is not set, but ${file.file} ${why}` }];
  return [
    ...needed(
      'HEROKU_API_KEY',
      systems.find(({ system }) => system.platform === 'heroku'),
      'is on the platform heroku',
    ),
    ...needed(
      'CODES_FILE',
      systems.find(({ system }) => takes('totp', system)),
      'asks for one-time codes',
    ),
    ...needed(
      'SIGNERS_FILE',
      systems.find(({ system }) => takes('ssh', system)),
      'asks for signatures',
    ),
    ...needed(
      'MASKING_KEY',
      systems.find(({ system }) => Object.values(system.environments).some(({ masked }) => masked)),
      'has a masked environment',
    ),
  ];
}

function takes(factor: SecondFactor, { environments }: System): boolean {
  return Object.values(environments).some(({ consent }) => factorOf(consent) === factor);
}

/** Secrets do not stand in system files: these name the variables that hold them. */
function namedBy({ file, system }: SystemFile, { platforms }: Judges): { name: string; by: string }[] {
  const judge = platforms.find(({ kind }) => kind === system.platform);
  const outside = variablesOfNotifiers(system).map((name) => ({ name, by: `${file}: incidents.notify` }));
  const inside = Object.entries(system.environments).flatMap(([environment, { settings, smoke }]) => {
    const ofTests = smoke.flatMap(({ secretHeader }) => (secretHeader === undefined ? [] : [secretHeader.from]));
    const names = [...(judge?.variablesOf(settings) ?? []), ...ofTests];
    return names.map((name) => ({ name, by: `${file}: environments.${environment}` }));
  });
  return [...inside, ...outside];
}
