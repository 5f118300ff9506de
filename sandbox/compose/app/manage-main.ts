// `manage.py migrate`: applies the migrations that the database lacks, each with its record in one transaction.
import type pg from 'pg';
import { missingMigrations, openPool } from './database.ts';

const [command] = process.argv.slice(2);
const pool = openPool();

if (command === 'migrate') {
  await migrate().catch((error: Error) => {
    console.error(`django.db.utils.OperationalError: ${error.message}`);
    process.exitCode = 1;
  });
} else {
  console.error(`Unknown command: '${command}'`);
  process.exitCode = 1;
}
await pool.end();

async function migrate(): Promise<void> {
  const missing = await missingMigrations(pool);
  console.log('Running migrations:');
  if (missing.length === 0) console.log('  No migrations to apply.');
  const client = await pool.connect();
  try {
    for (const migration of missing) await apply(client, migration);
  } finally {
    client.release(true);
  }
}

async function apply(client: pg.PoolClient, migration: { app: string; name: string; sql: string }): Promise<void> {
  await client.query('begin');
  await client.query(migration.sql);
  await client.query('insert into django_migrations (app, name, applied) values ($1, $2, now())', [
    migration.app,
    migration.name,
  ]);
  await client.query('commit');
  console.log(`  Applying ${migration.app}.${migration.name}... OK`);
}
