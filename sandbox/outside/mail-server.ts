// A mail server that keeps what it is given: real SMTP, with the troubles that mail servers have.
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { type Mail, readMail } from './raw-mail.ts';

export type MailFault =
  /** Says no with this code, at the sender, the recipient, or after the whole message. */
  | { readonly is: 'refuse'; readonly at: 'mail' | 'rcpt' | 'data'; readonly code: number }
  /** Cuts the connection at the sender, or after the message, which is not kept. */
  | { readonly is: 'cut'; readonly at: 'mail' | 'data' }
  /** Keeps the message, then cuts the connection instead of answering. */
  | { readonly is: 'lose-reply' }
  /** Waits before it answers the sender. */
  | { readonly is: 'stall'; readonly ms: number };

export type MailServer = {
  /** smtp://, with the credentials where they are asked for. */
  readonly url: string;
  /** The next `times` messages fare like this. */
  fault(fault: MailFault, times?: number): void;
  clearFaults(): void;
  /** Oldest first. */
  received(): readonly Mail[];
  stop(): Promise<void>;
};

type StartMailServer = {
  readonly port?: number;
  /** Without them, nobody is asked. */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Addresses that are not known here. */
  readonly unknown?: readonly string[];
};

/** Default: any free port. */
export async function startMailServer({
  port = 0,
  credentials,
  unknown = [],
}: StartMailServer = {}): Promise<MailServer> {
  const mails: Mail[] = [];
  const sockets = new Map<number, Socket>();
  let faults: MailFault[] = [];
  /** Of the message that is being given. */
  const current = new Map<string, MailFault>();
  const cut = ({ remotePort }: SMTPServerSession) => sockets.get(remotePort)?.destroy();

  const server = new SMTPServer({
    disabledCommands: ['STARTTLS', ...(credentials === undefined ? ['AUTH'] : [])],
    authOptional: credentials === undefined,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    closeTimeout: 200,
    onAuth({ username, password }, _session, done) {
      const known = username === credentials?.user && password === credentials?.password;
      done(known ? null : refusal(535, 'Authentication credentials invalid'), known ? { user: username } : undefined);
    },
    async onMailFrom(_address, session, done) {
      const fault = faults.shift();
      if (fault !== undefined) current.set(session.id, fault);
      if (fault?.is === 'stall') await sleep(fault.ms);
      if (fault?.is === 'cut' && fault.at === 'mail') cut(session);
      else done(fault?.is === 'refuse' && fault.at === 'mail' ? refusal(fault.code) : null);
    },
    onRcptTo({ address }, session, done) {
      const fault = current.get(session.id);
      if (fault?.is === 'refuse' && fault.at === 'rcpt') return done(refusal(fault.code));
      done(unknown.includes(address) ? refusal(550, 'No such user here') : null);
    },
    async onData(stream, session, done) {
      const fault = current.get(session.id);
      current.delete(session.id);
      const raw = await read(stream);
      if (fault?.is === 'cut') return void cut(session);
      if (fault?.is === 'refuse') return done(refusal(fault.code));
      const { mailFrom, rcptTo } = session.envelope;
      mails.push(
        readMail(
          raw,
          mailFrom === false ? '' : mailFrom.address,
          rcptTo.map(({ address }) => address),
        ),
      );
      if (fault?.is === 'lose-reply') cut(session);
      else done();
    },
  });
  server.on('error', () => {});
  server.server.on('connection', (socket: Socket) => {
    const from = socket.remotePort ?? 0;
    sockets.set(from, socket);
    socket.once('close', () => sockets.delete(from));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('listening: no port was given');
  const who = credentials === undefined ? '' : `${credentials.user}:${encodeURIComponent(credentials.password)}@`;
  return {
    url: `smtp://${who}127.0.0.1:${address.port}`,
    fault: (fault, times = 1) => void faults.push(...Array.from({ length: times }, () => fault)),
    clearFaults: () => {
      faults = [];
    },
    received: () => mails,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function refusal(responseCode: number, message = 'asked for by the sandbox'): Error {
  return Object.assign(new Error(message), { responseCode });
}

async function read(stream: SMTPServerDataStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('latin1');
}
