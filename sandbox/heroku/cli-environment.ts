// The whole environment with which the real Heroku CLI works against the simulator, and reaches nothing else.
import { delimiter, dirname } from 'node:path';
import type { SimulatedHeroku } from './start.ts';

/** Use it with execa's `extendEnv: false`. `home` must be a directory of the CLI's own. */
export function cliEnvironment(
  { url, apiKey, caFile }: Pick<SimulatedHeroku, 'url' | 'apiKey' | 'caFile'>,
  home: string,
): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    HEROKU_API_KEY: apiKey,
    HEROKU_HOST: url,
    HEROKU_DATA_HOST: 'localhost',
    // `heroku ps` sends the key there as well, whatever HEROKU_HOST says.
    HEROKU_PARTICLEBOARD_URL: url,
    HEROKU_DISABLE_AUTOUPDATE: '1',
    DISABLE_TELEMETRY: 'true',
    ...(caFile === null ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
  };
}
