// `celery` and `celery-beat` (the argument): each writes every second that it is there, as long as the database lets it.
import { setTimeout as sleep } from 'node:timers/promises';
import { beginAs, endOnSignal } from './control.ts';
import { openPool } from './database.ts';

const service = process.argv[2] ?? 'celery';
endOnSignal();
await beginAs(service);
const pool = openPool();
console.log(`${service}@provote ready.`);

for (;;) {
  try {
    await pool.query(
      `insert into celery_heartbeat (worker, beat_at) values ($1, now())
       on conflict (worker) do update set beat_at = excluded.beat_at`,
      [service],
    );
  } catch (error) {
    console.error(`${service}: OperationalError: ${error instanceof Error ? error.message : error}`);
  }
  await sleep(1_000);
}
