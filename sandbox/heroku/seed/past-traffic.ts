// The router's lines of the last half hour: well until the broken deploy, errors since.
import type { App } from '../model.ts';
import { minutesAgo } from '../timestamps.ts';
import { routerLine } from '../web/router-line.ts';

const MINUTES = 30;

/** `brokenSince`: when requests began to fail, if they did. */
export function seedTraffic(app: App, brokenSince: Date | null): void {
  for (let minute = MINUTES; minute > 0; minute -= 0.5) {
    const at = minutesAgo(minute);
    const failed = brokenSince !== null && at > brokenSince;
    const { paths, failure } = app.business;
    const path = paths[Math.floor(minute * 2) % paths.length] ?? '/';
    const request = {
      method: 'GET',
      path,
      status: failed ? 500 : 200,
      bytes: failed ? 175 : 2_748,
      ms: failed ? 9 : 41,
    };
    if (failed) app.log.add('app', 'web.1', failure.log[0] ?? failure.message, at);
    app.log.add('heroku', 'router', routerLine(app, request), at);
  }
}
