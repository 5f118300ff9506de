// The line that Heroku's router writes for every request.
import { randomUUID } from 'node:crypto';
import type { App } from '../model.ts';

export type Routed = { method: string; path: string; status: number; bytes: number; ms: number };

/** A request that was routed, or met the maintenance page. */
export function routerLine({ name, maintenance }: App, { method, path, status, bytes, ms }: Routed): string {
  const facts = `method=${method} path="${path}" host=${name}.herokuapp.com request_id=${randomUUID()} fwd="203.0.113.7"`;
  const size = `status=${status} bytes=${bytes} protocol=https`;
  return maintenance
    ? `at=info code=H80 desc="Maintenance mode" ${facts} dyno= connect= service= ${size}`
    : `at=${status >= 500 ? 'error' : 'info'} ${facts} dyno=web.1 connect=0ms service=${ms}ms ${size}`;
}
