// What an approval can take beside the click: the kinds of it, how they are told, and what a signature is about.
import { z } from 'zod';

/** `totp`: a one-time code of an authenticator (RFC 6238). `ssh`: a signature by a registered ssh key (`ssh-keygen -Y sign`). */
export const SecondFactor = z.enum(['totp', 'ssh']);
export type SecondFactor = z.infer<typeof SecondFactor>;

/** What each approval comes with, what somebody needs for that, and how they come by it. */
export const FACTOR_WORDS: Readonly<
  Record<SecondFactor, { readonly given: string; readonly key: string; readonly next: (who: string) => string }>
> = {
  totp: {
    given: 'a one-time code',
    key: 'key of one-time codes',
    next: (who) => `Let whoever runs Holdfast make one: \`npm start -- totp ${who}\`.`,
  },
  ssh: {
    given: 'a signature',
    key: 'registered ssh key',
    next: (who) =>
      `Let whoever runs Holdfast add the public key to the file that SIGNERS_FILE names, behind \`${who}\`.`,
  },
};

/** The namespace of signatures (`ssh-keygen -n`): what was signed for something else approves nothing. */
export const SIGNED_FOR = 'holdfast';

/**
 * What an approver signs: this plan and no other, now and not later. Nothing in it needs quoting in a shell.
 * `shownAt`: when the dialog opened, as ISO 8601.
 */
export function approvalText(operation: { readonly id: string; readonly digest: string }, shownAt: string): string {
  return `Holdfast: approve ${operation.id}, plan ${operation.digest}, asked ${shownAt}`;
}
