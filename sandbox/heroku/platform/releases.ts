// Releases and slugs: listing, reading, rolling back, the output of release commands.
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Heroku } from '../heroku.ts';
import { invalid, notFound } from '../http/api-error.ts';
import { shaped } from '../http/body.ts';
import { page } from '../http/range.ts';
import { type ApiRequest, created, ok, param, type Reply, type Route, route } from '../http/route.ts';
import { appOf, releaseOf, slugOf } from '../lookup.ts';
import { platformTime } from '../timestamps.ts';
import { addRelease, draftRelease } from './add-release.ts';
import { releaseView } from './views.ts';

const NewRelease = z.object({
  release: z.string().optional(),
  slug: z.string().optional(),
  description: z.string().optional(),
});

/** `/apps/A/releases`, `/apps/A/slugs` and the output of release commands. */
export function releaseRoutes(heroku: Heroku): Route[] {
  const { world } = heroku;
  return [
    route('GET', '/apps/:app/releases', (request) => {
      const app = appOf(world, param(request, 'app'));
      const views = app.releases.map((release) => releaseView(heroku, app, release));
      return page(views, 'version', ({ version }) => version, request.headers['range']);
    }),
    route('GET', '/apps/:app/releases/:release', (request) => {
      const app = appOf(world, param(request, 'app'));
      return ok(releaseView(heroku, app, releaseOf(app, param(request, 'release'))));
    }),
    route('POST', '/apps/:app/releases', (request) => release(heroku, request)),
    route('GET', '/apps/:app/slugs/:slug', (request) => {
      const app = appOf(world, param(request, 'app'));
      const slug = slugOf(app, param(request, 'slug'));
      if (slug === undefined) throw notFound('slug', "Couldn't find that slug.");
      return ok({
        buildpack_provided_description: 'Ruby',
        checksum: null,
        commit: slug.commit,
        commit_description: null,
        created_at: platformTime(slug.createdAt),
        id: slug.id,
        process_types: slug.processTypes,
        size: slug.size,
        stack: { name: 'heroku-24' },
        updated_at: platformTime(slug.createdAt),
      });
    }),
    route('GET', '/streams/releases/:app/:release', (request) => releaseOutput(heroku, request)),
  ];
}

function release(heroku: Heroku, request: ApiRequest): Reply {
  const app = appOf(heroku.world, param(request, 'app'));
  const wanted = shaped(NewRelease, request.body);
  const { deceit, failRelease } = request.mischief;
  if (wanted.release === undefined) {
    if (wanted.slug === undefined || slugOf(app, wanted.slug) === undefined) throw invalid('No such slug.');
    const change = { description: wanted.description ?? 'Deploy', slugId: wanted.slug, fail: failRelease };
    return created(releaseView(heroku, app, addRelease(heroku, app, change)));
  }
  const target = releaseOf(app, wanted.release);
  if (target.slugId === null || target.status !== 'succeeded') throw invalid(`Cannot roll back to v${target.version}.`);
  const change = { description: `Rollback to v${target.version}`, slugId: target.slugId, fail: failRelease };
  if (deceit !== null)
    return created({ ...releaseView(heroku, app, draftRelease(heroku, app, change)), current: true });
  app.configVars = { ...target.configVars };
  return created(releaseView(heroku, app, addRelease(heroku, app, change)));
}

/** Streams the release command's output, and ends when the command has. */
function releaseOutput({ world }: Heroku, request: ApiRequest): Reply {
  const found = releaseOf(appOf(world, param(request, 'app')), param(request, 'release'));
  return {
    async stream(response) {
      response.writeHead(200, { 'Content-Type': 'text/plain' });
      while (found.status === 'pending' && !response.destroyed) await sleep(50);
      response.end(found.output ?? '');
    },
  };
}
