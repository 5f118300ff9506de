// Signed addresses on this server: backup files, log streams, release output.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** `store` is where a backup lies (nobody may fetch it); `public` may be fetched until it expires. */
export type Purpose = 'store' | 'public' | 'stream';

export type Links = {
  /** `localhost:PORT`, as in every address made here. */
  host: string;
  sign(path: string, purpose: Purpose, lifeMs: number, scheme?: 'http' | 'https'): string;
  /** What the address was made for; `null` when nobody here made it, `expired` when its time is over. */
  read(address: URL): { path: string; purpose: Purpose } | 'expired' | null;
};

/** Links for the server at `host` (`localhost:PORT`), worthless after a restart. */
export function signedLinks(host: string): Links {
  const secret = randomBytes(32);
  const signature = (path: string, purpose: string, expires: string) =>
    createHmac('sha256', secret).update(`${path}\n${purpose}\n${expires}`).digest();

  return {
    host,
    sign(path, purpose, lifeMs, scheme = 'http') {
      const expires = String(Date.now() + lifeMs);
      const url = new URL(path, `${scheme}://${host}`);
      url.searchParams.set('purpose', purpose);
      url.searchParams.set('expires', expires);
      url.searchParams.set('signature', signature(path, purpose, expires).toString('hex'));
      return url.href;
    },
    read(address) {
      if (address.host !== host) return null;
      const purpose = address.searchParams.get('purpose') ?? '';
      const expires = address.searchParams.get('expires') ?? '';
      const given = Buffer.from(address.searchParams.get('signature') ?? '', 'hex');
      const right = signature(address.pathname, purpose, expires);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return null;
      if (Number(expires) < Date.now()) return 'expired';
      return { path: address.pathname, purpose: purpose as Purpose };
    },
  };
}
