// An app's own web server on a loopback port, with the router's log lines and a trickle of customers.
import type { Heroku } from '../heroku.ts';
import { type Listening, listen } from '../http/listen.ts';
import type { App } from '../model.ts';
import { type Answer, answer } from './health.ts';
import { routerLine } from './router-line.ts';

/** Serves every path of the app on `port` (0: any free one). */
export async function serveApp(heroku: Heroku, app: App, port: number): Promise<Listening> {
  const listening = await listen(port, null, async (request, response) => {
    const given = await logged(heroku, app, request.method ?? 'GET', request.url ?? '/');
    response.writeHead(given.status, {
      'Content-Type': given.type,
      'Content-Length': Buffer.byteLength(given.body),
      Server: 'Heroku',
    });
    response.end(request.method === 'HEAD' ? undefined : given.body);
  });
  const paths = [...app.business.paths, '/health'];
  let visits = 0;
  const customers = async () => {
    await logged(heroku, app, 'GET', paths[visits++ % paths.length] ?? '/');
    if (!heroku.ending.aborted) setTimeout(customers, heroku.pace.trafficMs).unref();
  };
  setTimeout(customers, heroku.pace.trafficMs).unref();
  return listening;
}

async function logged(heroku: Heroku, app: App, method: string, path: string): Promise<Answer> {
  const started = Date.now();
  const given = await answer(heroku, app);
  for (const line of given.log) app.log.add('app', 'web.1', line);
  app.log.add(
    'heroku',
    'router',
    routerLine(app, {
      method,
      path,
      status: given.status,
      bytes: Buffer.byteLength(given.body),
      ms: Date.now() - started,
    }),
  );
  return given;
}
