// App Home: published anew whenever somebody opens it.
import type { AllMiddlewareArgs, SlackEventMiddlewareArgs } from '@slack/bolt';
import { homeProblem, homeView } from '../messages/home.ts';
import { HomeOpened, read } from './payloads.ts';
import { logged } from './sentence-of.ts';
import { refuseStrangers } from './strangers.ts';
import type { Tools } from './tools.ts';

export type HomeArgs = SlackEventMiddlewareArgs<'app_home_opened'> & AllMiddlewareArgs;

/** Publishes it for this person. What went wrong is said in its place: an old picture would be taken for the truth. */
export async function onHome({ body, client }: HomeArgs, { homeFor, log, ours }: Tools): Promise<void> {
  const { team_id: team, event } = read(HomeOpened, body);
  if (event.tab !== 'home') return;
  refuseStrangers({ user: event.user, team, home: undefined }, ours());
  const view = await homeFor(event.user).then(homeView, (thrown: unknown) => homeProblem(logged(thrown, log)));
  await client.views.publish({ user_id: event.user, view });
}
