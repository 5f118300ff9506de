// The settings of an environment at Supabase, and the system file that is shipped for it.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { System } from '../../../../src/core/system.ts';
import { Settings, StorageSettings } from '../../../../src/platforms/supabase/settings.ts';

const storage = { url: 'https://abcdefghijklmnopqrst.supabase.co', keyFrom: 'SERVICE_KEY', buckets: ['uploads'] };

describe('the storage settings', () => {
  it.each([
    ['a project', 'https://abcdefghijklmnopqrst.supabase.co'],
    ['this machine', 'http://127.0.0.1:54321'],
  ])('take the address of %s', (_what, url) => {
    expect(StorageSettings.safeParse({ ...storage, url }).success).toBe(true);
  });

  it.each([
    ['an address that is not encrypted', { url: 'http://abcdefghijklmnopqrst.supabase.co' }],
    ['an address that begins like this machine', { url: 'http://127.0.0.1.evil.example' }],
    ['an address with a path', { url: 'https://abcdefghijklmnopqrst.supabase.co/storage' }],
    ['an address with a user', { url: 'https://key@abcdefghijklmnopqrst.supabase.co' }],
    ['a key instead of the name of a variable', { keyFrom: 'eyJhbGciOi' }],
    ['no bucket', { buckets: [] }],
    ['a bucket with a slash', { buckets: ['uploads/2025'] }],
    ['a relative place for copies', { copyTo: 'copies' }],
  ])('refuse %s', (_what, part) => {
    expect(StorageSettings.safeParse({ ...storage, ...part }).success).toBe(false);
  });
});

describe('systems/fieldservice.yml', () => {
  it('is right but for the ids and addresses that are to be replaced', async () => {
    const written = await readFile(new URL('../../../../systems/fieldservice.yml', import.meta.url), 'utf8');
    const system = System.parse(parse(written.replaceAll('REPLACE', 'X')));
    expect(system.objectives).toEqual({ rtoMinutes: 240, rpoMinutes: 60 });
    const lowered = parse(written.replaceAll(/REPLACE-(\w+)/g, '$1')) as System;
    for (const environment of Object.values(lowered.environments)) Settings.parse(environment.settings);
  });
});
