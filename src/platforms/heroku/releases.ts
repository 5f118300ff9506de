// Heroku's releases as the runbooks see them, with the commit of their code.
import type { Release } from '../../core/facts.ts';
import type { Api } from './api.ts';
import { type HerokuRelease, HerokuSlug } from './schema.ts';
import { moment } from './transfers.ts';

/** The commit of a slug; null when Heroku does not say. */
export type Commits = (app: string, slug: string) => Promise<string | null>;

/** How many of the newest releases get their commit from their slug; older ones may name it in their description. */
const ASKED = 25;

/** A slug never changes, so each is asked for once. */
export function createCommits(api: Api): Commits {
  const known = new Map<string, string | null>();
  return async (app, slug) => {
    const remembered = known.get(slug);
    if (remembered !== undefined) return remembered;
    const found = await api.find(`/apps/${app}/slugs/${slug}`, HerokuSlug);
    const commit = found?.commit ?? null;
    known.set(slug, commit);
    return commit;
  };
}

/** Newest first, as they come. */
export async function toReleases(
  releases: readonly HerokuRelease[],
  app: string,
  commits: Commits,
): Promise<Release[]> {
  const slugs = new Set(releases.slice(0, ASKED).flatMap(({ slug }) => (slug == null ? [] : [slug.id])));
  const asked = [...slugs].map(async (slug) => [slug, await commits(app, slug)] as const);
  const known = new Map(await Promise.all(asked));
  return releases.map((release) => toRelease(release, known));
}

function toRelease(release: HerokuRelease, known: ReadonlyMap<string, string | null>): Release {
  const code = release.slug?.id ?? null;
  const description = release.description ?? '';
  const deployed = /^Deploy ([0-9a-f]{7,40})$/.exec(description)?.[1] ?? null;
  return {
    id: `v${release.version}`,
    code,
    commit: (code === null ? null : known.get(code)) ?? deployed,
    description,
    by: release.user.email,
    createdAt: moment(release.created_at),
    state: stateOf(release.status),
    current: release.current,
  };
}

function stateOf(status: string): Release['state'] {
  if (status === 'succeeded' || status === 'pending') return status;
  return 'failed';
}
