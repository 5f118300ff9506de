// Whom we do not listen to at all: other teams, guests of a shared channel, bots, ourselves.
import { Refusal } from '../core/errors.ts';

/** Who we are in Slack, as `auth.test` says. */
export type Identity = { readonly team: string; readonly botUser: string };

export type Caller = {
  readonly user: string;
  readonly team: string;
  /** The caller's own team, which differs from `team` in a channel that is shared with another company. */
  readonly home: string | undefined;
};

/** Throws a Refusal for everybody who is not a person of our team. Roles are judged later, by the use cases. */
export function refuseStrangers({ user, team, home }: Caller, ours: Identity): void {
  if (team !== ours.team || (home !== undefined && home !== ours.team)) {
    throw new Refusal(
      'other-team',
      'Holdfast serves only the workspace that it belongs to.',
      'Ask a colleague of that workspace.',
    );
  }
  if (user === ours.botUser || user === 'USLACKBOT') {
    throw new Refusal('not-a-person', 'Holdfast listens to people only.', 'Ask a person to type the command.');
  }
}
