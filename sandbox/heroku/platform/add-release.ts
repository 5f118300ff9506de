// The one place that makes releases: snapshot, release phase, restart of the dynos.
import type { Heroku } from '../heroku.ts';
import { newId } from '../identity.ts';
import { currentRelease, slugOf } from '../lookup.ts';
import type { App, Release } from '../model.ts';

export type Change = {
  description: string;
  /** Default: the slug and the config vars of the newest release that has not failed. */
  slugId?: string | null;
  fail?: boolean;
};

/** What the release would be, without adding it to the app. */
export function draftRelease(heroku: Heroku, app: App, { description, slugId }: Change): Release {
  const base = app.releases.filter((release) => release.status !== 'failed').at(-1);
  const now = new Date();
  const attached = heroku.world.attachments.find(({ appId, name }) => appId === app.id && name === 'DATABASE');
  return {
    id: newId(),
    version: (app.releases.at(-1)?.version ?? 0) + 1,
    description,
    status: 'succeeded',
    slugId: slugId === undefined ? (base?.slugId ?? null) : slugId,
    user: heroku.world.owner.email,
    createdAt: now,
    updatedAt: now,
    configVars: { ...app.configVars },
    databaseAddonId: attached?.addonId ?? null,
    output: null,
  };
}

/** Adds a release. With a release command in its slug it is pending first, and only success makes it current. */
export function addRelease(heroku: Heroku, app: App, change: Change): Release {
  const release = draftRelease(heroku, app, change);
  const command = slugOf(app, release.slugId)?.processTypes['release'];
  app.releases.push(release);
  app.log.add('app', 'api', `Release v${release.version} created by user ${release.user}`);
  app.log.add('app', 'api', `${release.description} by user ${release.user}`);
  if (command === undefined) {
    restartDynos(app);
    return release;
  }
  release.status = 'pending';
  release.output = '';
  app.log.add('heroku', 'release.0', `Starting process with command \`${command}\``);
  setTimeout(() => finishReleasePhase(app, release, change.fail === true), heroku.pace.releaseMs);
  return release;
}

function finishReleasePhase(app: App, release: Release, failed: boolean): void {
  release.output = failed
    ? 'rails aborted!\nActiveRecord::ConnectionNotEstablished: connection to server failed: FATAL: the database system is starting up\n'
    : 'Database schema is up to date. No migrations to run.\n';
  release.status = failed ? 'failed' : 'succeeded';
  release.updatedAt = new Date();
  for (const text of release.output.trim().split('\n')) app.log.add('app', 'release.0', text);
  app.log.add('heroku', 'release.0', `Process exited with status ${failed ? 1 : 0}`);
  if (!failed && currentRelease(app) === release) restartDynos(app);
}

/** New dynos for every process type, as after each release. */
export function restartDynos(app: App): void {
  const restartedAt = new Date();
  app.dynos = app.formation.flatMap(({ type, quantity }) =>
    Array.from({ length: quantity }, (_, index) => ({ id: newId(), name: `${type}.${index + 1}`, type, restartedAt })),
  );
  for (const { name } of app.dynos) {
    app.log.add('heroku', name, 'Restarting');
    app.log.add('heroku', name, 'State changed from up to starting');
    app.log.add('heroku', name, 'State changed from starting to up');
  }
}
