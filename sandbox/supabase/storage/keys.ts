// The two API keys of a project: JSON Web Tokens that name a database role, signed with the project's secret (HS256).
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export type ProjectKeys = {
  readonly anon: string;
  readonly serviceRole: string;
  /** The role that a token names, or null when it is none of this project's. */
  roleOf(token: string): string | null;
};

const Claims = z.object({ role: z.string() });

/** New keys under a new secret. */
export function projectKeys(ref: string): ProjectKeys {
  const secret = randomBytes(32);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signature = (text: string) => createHmac('sha256', secret).update(text).digest();
  const tokenFor = (role: string) => {
    const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: 'supabase', ref, role, iat: 1_700_000_000 })}`;
    return `${text}.${signature(text).toString('base64url')}`;
  };
  return {
    anon: tokenFor('anon'),
    serviceRole: tokenFor('service_role'),
    roleOf(token) {
      const [header = '', claims = '', given = ''] = token.split('.');
      const right = signature(`${header}.${claims}`);
      const bytes = Buffer.from(given, 'base64url');
      if (bytes.length !== right.length || !timingSafeEqual(bytes, right)) return null;
      return Claims.parse(JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'))).role;
    },
  };
}
