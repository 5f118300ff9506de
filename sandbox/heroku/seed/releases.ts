// The release history of an app: deploys and config changes up to now.
import { newId } from '../identity.ts';
import type { App } from '../model.ts';
import { minutesAgo } from '../timestamps.ts';

/** Version, minutes ago, and either the full commit that was deployed or the config var that was set. */
export type Past = [
  version: number,
  minutesAgo: number,
  change: { commit: string; broken?: boolean } | { set: string },
];

const DAY = 24 * 60;

/** v255 is the last good deploy, v256 the broken one. v253 changed a config var only: it runs v252's slug. */
export const productionPast: Past[] = [
  [242, 31 * DAY, { commit: '1f0c9aa84d0f4d3f0b5ad2e3d3b6d7c04a1e9f11' }],
  [243, 28 * DAY, { set: 'RAILS_MAX_THREADS' }],
  [244, 26 * DAY, { commit: '77ab2109c3e84dd0a54ff2f1f5be3c9b8d64e2aa' }],
  [245, 22 * DAY, { commit: 'c03fd5512a9e47b68f1d20c7be9430a5d7716e08' }],
  [246, 17 * DAY, { commit: '3e5d1c8f7702b4e19a6c8d35f0be42979a10c6d3' }],
  [247, 15 * DAY, { set: 'SMTP_HOST' }],
  [248, 12 * DAY, { commit: '0b9e4471d6c25f83ae10b7d49c8f635e2ad17b90' }],
  [249, 9 * DAY, { commit: 'e81d27a05b3c4f96812fd0a7c4be9536178a2dcf' }],
  [250, 6 * DAY, { commit: '5c2e8b7a91f04d63b8e5a0c7d2f196834be70a15' }],
  [251, 4 * DAY, { set: 'SENTRY_DSN' }],
  [252, 2 * DAY + 200, { commit: '4d7f3a1e08b9c6524fa1d7e3b0958c62e7d4a130' }],
  [253, 27 * 60, { set: 'RAILS_LOG_LEVEL' }],
  [254, 5 * 60 + 15, { commit: '9012abc3f7e5d84160b2a9c8d7e6f5041328b7ce' }],
  [255, 2 * 60 + 30, { commit: 'def567804ac91b3e6d2f85b7a0c4e193d6f8b215' }],
  [256, 10, { commit: 'abc1234fe5d09782c6b3a1f4e8d7c05b92631ae4', broken: true }],
];

export const stagingPast: Past[] = [
  [86, 20 * DAY, { commit: '5c2e8b7a91f04d63b8e5a0c7d2f196834be70a15' }],
  [87, 11 * DAY, { set: 'MAIL_INTERCEPTOR' }],
  [88, 6 * DAY, { commit: '4d7f3a1e08b9c6524fa1d7e3b0958c62e7d4a130' }],
];

/** Gives the app this history; the last release is the current one. */
export function seedReleases(app: App, past: readonly Past[], user: string, databaseAddonId: string): void {
  for (const [version, ago, change] of past) {
    const at = minutesAgo(ago);
    if ('commit' in change) {
      const { commit, broken = false } = change;
      app.slugs.push({
        id: newId(),
        commit,
        processTypes: app.business.processes,
        size: 71_303_168 + version * 1_024,
        broken,
        createdAt: at,
      });
    } else {
      app.configVars[change.set] = `value-of-${change.set.toLowerCase().replaceAll('_', '-')}`;
    }
    app.releases.push({
      id: newId(),
      version,
      description: 'commit' in change ? `Deploy ${change.commit.slice(0, 7)}` : `Set ${change.set} config vars`,
      status: 'succeeded',
      slugId: app.slugs.at(-1)?.id ?? null,
      user,
      createdAt: at,
      updatedAt: at,
      configVars: { ...app.configVars },
      databaseAddonId,
      output: app.business.processes['release'] === undefined ? null : 'Migrating to the latest version\n',
    });
    app.log.add('app', 'api', `${app.releases.at(-1)?.description} by user ${user}`, at);
    app.log.add('app', 'api', `Release v${version} created by user ${user}`, at);
  }
  const restartedAt = app.releases.at(-1)?.createdAt ?? new Date();
  app.dynos = app.formation.map(({ type }) => ({ id: newId(), name: `${type}.1`, type, restartedAt }));
}
