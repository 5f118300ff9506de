// E-mail by SMTP: one message per notice to all addresses, in one conversation per incident, and never one twice.
import { Refusal } from '../../core/errors.ts';
import type { Secret } from '../../core/secret.ts';
import type { Log } from '../../lib/log.ts';
import { email as compose } from '../../messages/outside/email.ts';
import { mailBytes, messageId } from './mail.ts';
import { type Notifier, SLOWLY, type Told } from './notifier.ts';
import { again, harmless } from './request.ts';
import { type Handed, handOver, type MailServer, mailServerOf } from './smtp.ts';

type Options = {
  /** smtp:// or smtps://user:password@host:port */
  readonly smtp: Secret;
  readonly from: string;
  readonly to: readonly string[];
  readonly redact: (text: string) => string;
  readonly log: Log;
};

/** A message that may have arrived is not sent again: mail servers do not know one by its id. */
export function email({ smtp, from, to, redact, log }: Options): Notifier {
  return {
    name: 'email',
    async send({ notice, entry, sight, uncertain, now }, signal) {
      if (uncertain) return { is: 'dropped', why: 'a former attempt may have arrived, and it must not be sent twice' };
      const server = serverOf(smtp);
      if ('is' in server) return server;
      const { subject, text } = compose(sight, notice, entry, now);
      const parts = { sight, notice, from, to, now, email: { subject: redact(subject), text: redact(text) } };
      const handed = await handOver(server, { from, to }, await mailBytes(parts), signal);
      if (handed.is === 'taken' && handed.refused.length > 0) {
        log.warn(
          { incident: sight.incident.id, notice, addresses: handed.refused },
          'mail server refused some addresses',
        );
      }
      return toldBy(handed, messageId(sight, notice, from), redact);
    },
  };
}

function serverOf(smtp: Secret): MailServer | Extract<Told, { is: 'again' }> {
  try {
    return mailServerOf(smtp.open());
  } catch (thrown) {
    // The error of a broken address would show it.
    return again(
      thrown instanceof Refusal ? thrown.message : 'the address of the mail server cannot be read',
      SLOWLY,
      'address',
    );
  }
}

function toldBy(handed: Handed, id: string, redact: (text: string) => string): Told {
  const clean = (text: string) => redact(harmless(text));
  switch (handed.is) {
    case 'taken':
      return { is: 'sent', receipt: id };
    case 'refused': {
      const why = `the mail server said no at ${clean(handed.at)}: ${clean(handed.says)}`;
      // 4xx passes by itself (RFC 5321, 4.2.1); 5xx does not, or not soon.
      return handed.code < 500 ? again(why) : again(why, SLOWLY, String(handed.code));
    }
    case 'unsent':
      return again(`the mail server was not reached: ${clean(handed.why)}`);
    case 'unknown':
      return { is: 'dropped', why: `nobody knows whether it arrived: ${clean(handed.why)}` };
  }
}
