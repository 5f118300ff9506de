// Misfortunes that the sandbox wishes upon the application, as files in a directory that every container sees.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Is this wished for? `unhealthy`, `crash-web` … */
export function wished(what: string): boolean {
  return existsSync(`/control/${what}`);
}

/** What every service does before anything else: wait where a slow start is wished for, end where a crash is. */
export async function beginAs(service: string): Promise<void> {
  if (wished('slow')) {
    const seconds = Number(readFileSync('/control/slow', 'utf8'));
    console.log(`${service}: warming up for ${seconds} s`);
    await sleep(seconds * 1_000);
  }
  if (wished(`crash-${service}`)) {
    console.error(`${service}: ImproperlyConfigured: the SECRET_KEY setting must not be empty`);
    process.exit(1);
  }
}

/** Docker stops a container with SIGTERM, which the first process of a container has to take up itself. */
export function endOnSignal(end: () => Promise<unknown> | unknown = () => {}): void {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.once(signal, () => void Promise.resolve(end()).finally(() => process.exit(0)));
  }
}
