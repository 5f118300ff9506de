// An e-mail as the bytes that a mail server takes: headers that mail programs sort by, and plain text.
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Notice } from '../../core/incident-ports.ts';
import type { IncidentSight } from '../../core/incident-views.ts';
import type { Email } from '../../messages/outside/email.ts';

type Parts = {
  readonly sight: Pick<IncidentSight, 'incident'>;
  readonly notice: Notice;
  readonly from: string;
  readonly to: readonly string[];
  readonly email: Email;
  readonly now: Date;
};

/** The same for every attempt, so that a mail program which gets it twice shows it once. */
export function messageId({ incident }: Parts['sight'], { is, seq }: Notice, from: string): string {
  const declared = Date.parse(incident.declaredAt);
  return `<${incident.id}.${declared}.${is}.${seq}.${incident.system}@${domainOf(from)}>`;
}

/** Everything that people typed is in `email`, on one line where it is a header. */
export function mailBytes({ sight, notice, from, to, email, now }: Parts): Promise<Buffer> {
  const id = messageId(sight, notice, from);
  // All of them answer the declaration, whether it was mailed or not: so they are one conversation.
  const first = messageId(sight, { is: 'declared', seq: 1 }, from);
  const thread = id === first ? {} : { inReplyTo: first, references: [first] };
  return new MailComposer({
    from: { name: 'Holdfast', address: from },
    to: [...to],
    subject: email.subject,
    text: email.text,
    messageId: id,
    ...thread,
    date: now,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Holdfast-Incident': `${sight.incident.system}/${sight.incident.id}`,
    },
    // Our text is text, whatever it looks like.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
}

function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
