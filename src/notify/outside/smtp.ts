// Hands one message to a mail server, and tells for certain or not at all whether the server took it.
import { Readable } from 'node:stream';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { Refusal } from '../../core/errors.ts';

export type MailServer = {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (smtps://); otherwise STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly credentials: { readonly user: string; readonly pass: string } | null;
};

export type Envelope = { readonly from: string; readonly to: readonly string[] };

export type Handed =
  | { readonly is: 'taken'; readonly refused: readonly string[] }
  /** The server said no, with this code. */
  | { readonly is: 'refused'; readonly code: number; readonly at: string; readonly says: string }
  /** It certainly did not take it. */
  | { readonly is: 'unsent'; readonly why: string }
  /** The message was handed over, and no answer came back. */
  | { readonly is: 'unknown'; readonly why: string };

const CONNECT_MS = 10_000;
const SILENCE_MS = 20_000;
const WHOLE_MS = 45_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/;

/** `smtp://` or `smtps://user:password@host:port`. Throws a Refusal that does not show it. */
export function mailServerOf(url: string): MailServer {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !['smtp:', 'smtps:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new Refusal(
      'no-mail-server',
      'The variable that email.smtp names does not hold the address of a mail server.',
      'Set it to smtp:// or smtps://user:password@host:port.',
    );
  }
  const { protocol, hostname, port, username, password } = parsed;
  const secure = protocol === 'smtps:';
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    credentials: username === '' ? null : { user: decodeURIComponent(username), pass: decodeURIComponent(password) },
  };
}

/**
 * A server must not deliver a message before it has read all of it, and reading begins when it has answered DATA with 354.
 * Whatever breaks before the first byte is handed over is certain; so is every answer with a code. Only silence after that
 * leaves it open. Never rejects.
 */
export function handOver(
  server: MailServer,
  { from, to }: Envelope,
  message: Buffer,
  signal: AbortSignal,
): Promise<Handed> {
  const { host, port, secure, credentials } = server;
  let begun = false;
  function* body() {
    // The connection reads only after the server has asked for it.
    begun = true;
    yield message;
  }
  return new Promise((resolve) => {
    const connection = new SMTPConnection({
      ...{ host, port, secure, logger: false },
      // Passwords do not travel in the clear.
      requireTLS: !secure && credentials !== null && !LOOPBACK.test(host),
      ...{ connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    });
    const stop = AbortSignal.any([signal, AbortSignal.timeout(WHOLE_MS)]);
    const end = (handed: Handed) => {
      stop.removeEventListener('abort', stopped);
      connection.close();
      resolve(handed);
    };
    const failed = (error: SMTPConnection.SMTPError) => end(judge(error, begun));
    const stopped = () => failed(new Error('it took too long, or we were stopped'));
    const send = () =>
      connection.send({ from, to: [...to] }, Readable.from(body()), (error, info) =>
        error === null ? end({ is: 'taken', refused: info.rejected }) : failed(error),
      );
    stop.addEventListener('abort', stopped, { once: true });
    connection.on('error', failed);
    connection.connect((error) => {
      if (error !== undefined) return failed(error);
      if (credentials === null) return send();
      connection.login({ credentials }, (refused) => (refused ? failed(refused) : send()));
    });
    if (stop.aborted) stopped();
  });
}

function judge({ code, responseCode, response, command, message }: SMTPConnection.SMTPError, begun: boolean): Handed {
  if (typeof responseCode === 'number') {
    return { is: 'refused', code: responseCode, at: command ?? '', says: response ?? '' };
  }
  const why = `${code === undefined ? '' : `${code}: `}${message}`;
  return begun ? { is: 'unknown', why } : { is: 'unsent', why };
}
