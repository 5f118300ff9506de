// Log sessions: an address that streams an app's log as server-sent events.
import { z } from 'zod';
import type { Heroku } from '../heroku.ts';
import { shaped } from '../http/body.ts';
import { type ApiRequest, created, param, type Reply, type Route, route } from '../http/route.ts';
import { newId } from '../identity.ts';
import { appOf } from '../lookup.ts';
import { platformTime } from '../timestamps.ts';
import { formatLine, type LogLine } from '../web/log-buffer.ts';

const LIFE_MS = 5 * 60_000;

const Session = z.object({
  dyno: z.string().nullish(),
  lines: z.number().int().positive().nullish(),
  source: z.string().nullish(),
  tail: z.boolean().nullish(),
});
type Session = z.infer<typeof Session>;

/** `/apps/A/log-sessions` and the streams they lead to. */
export function logRoutes(heroku: Heroku): Route[] {
  const sessions = new Map<string, Session>();
  return [
    route('POST', '/apps/:app/log-sessions', (request) => {
      const app = appOf(heroku.world, param(request, 'app'));
      const id = newId();
      sessions.set(id, shaped(Session, request.body));
      const now = platformTime(new Date());
      const logplexUrl = heroku.links.sign(`/streams/logs/${app.id}/${id}`, 'stream', LIFE_MS);
      return created({ created_at: now, id, logplex_url: logplexUrl, updated_at: now });
    }),
    route('GET', '/streams/logs/:app/:session', (request) => {
      return streamLog(heroku, request, sessions.get(param(request, 'session')) ?? {});
    }),
  ];
}

function streamLog(heroku: Heroku, request: ApiRequest, { dyno, lines, source, tail }: Session): Reply {
  const { log } = appOf(heroku.world, param(request, 'app'));
  const wanted = (line: LogLine) =>
    (!source || line.source === source) && (!dyno || line.process === dyno || line.process.startsWith(`${dyno}.`));
  return {
    stream(response) {
      const send = (line: LogLine) => response.write(`id: ${line.at.getTime()}\ndata: ${formatLine(line)}\n\n`);
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
      for (const line of log.last(lines ?? 100, wanted)) send(line);
      if (!tail) {
        response.end();
        return;
      }
      const unfollow = log.follow((line) => {
        if (wanted(line)) send(line);
      });
      response.on('close', unfollow);
    },
  };
}
