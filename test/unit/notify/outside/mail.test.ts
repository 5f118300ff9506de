// The bytes of a mail: what mail programs sort by, and headers that nobody can add to.
import { describe, expect, it } from 'vitest';
import { type Mail, readMail } from '../../../../sandbox/outside/raw-mail.ts';
import type { Notice } from '../../../../src/core/incident-ports.ts';
import { email } from '../../../../src/messages/outside/email.ts';
import { mailBytes } from '../../../../src/notify/outside/mail.ts';
import { anIncident, minutes } from './an-incident.ts';

const FROM = 'holdfast@example.com';
const TO = ['oncall@example.com', 'lead@example.com'];

async function mailOf(notice: Notice, seen = 'payments fail', id = 'inc-7'): Promise<Mail> {
  const sight = anIncident({ id, seen });
  const now = new Date(minutes(3));
  const parts = { sight, notice, from: FROM, to: TO, now, email: email(sight, notice, sight.entries[0] ?? null, now) };
  return readMail((await mailBytes(parts)).toString('latin1'), FROM, TO);
}

const DECLARED: Notice = { is: 'declared', seq: 1 };

describe('the id of a message', () => {
  const idOf = (mail: Mail) => mail.headers['message-id']?.[0];

  it('is the same in every attempt', async () => {
    expect(idOf(await mailOf(DECLARED))).toBe(idOf(await mailOf(DECLARED)));
    expect(idOf(await mailOf(DECLARED))).toMatch(/^<[^<>@\s]+@example\.com>$/);
  });

  it('is another one for every notice and incident', async () => {
    const ids = await Promise.all([
      mailOf(DECLARED),
      mailOf({ is: 'escalated', seq: 2 }),
      mailOf({ is: 'updated', seq: 2 }),
      mailOf(DECLARED, 'payments fail', 'inc-8'),
    ]);
    expect(new Set(ids.map(idOf)).size).toBe(4);
  });
});

it('answers the declaration, so that an incident is one conversation', async () => {
  const first = await mailOf(DECLARED);
  const later = await mailOf({ is: 'resolved', seq: 5 });
  expect(first.headers).not.toHaveProperty('references');
  expect(later.headers['references']).toEqual(first.headers['message-id']);
  expect(later.headers['in-reply-to']).toEqual(first.headers['message-id']);
});

it('is plain text that says it was made by a machine', async () => {
  const mail = await mailOf(DECLARED, 'Zahlungen schlagen fehl: für alle ✗');
  expect(mail.subject).toContain('Zahlungen schlagen fehl: für alle ✗');
  expect(mail.text).toContain('Seen: Zahlungen schlagen fehl: für alle ✗\n');
  expect(mail.headers).toMatchObject({
    'auto-submitted': ['auto-generated'],
    'content-type': ['text/plain; charset=utf-8'],
    from: ['Holdfast <holdfast@example.com>'],
    to: ['oncall@example.com, lead@example.com'],
    date: ['Fri, 20 Nov 2026 14:03:00 +0000'],
  });
});

it.each([
  '\r\nBcc: evil@example.com',
  '\nBcc: evil@example.com\n\n.\n',
  '\u2028Bcc: evil@example.com',
  '\rBcc: evil@example.com\r',
])('has no header and no recipient that somebody typed: %j', async (typed) => {
  const mail = await mailOf(DECLARED, `payments fail${typed}`);
  const plain = await mailOf(DECLARED);
  expect(Object.keys(mail.headers)).toEqual(Object.keys(plain.headers));
  expect(mail.headers['to']).toEqual(plain.headers['to']);
  expect(mail.text).not.toMatch(/^(?:Bcc|\.$)/m);
  expect(mail.subject).toContain('payments fail Bcc: evil@example.com');
});
