// Which schemas go along, how they are called beside public, and how masking rules follow them there.
import { expect, it } from 'vitest';
import { Masking } from '../../../../src/core/system.ts';
import { forProject, onShelfOnly } from '../../../../src/platforms/supabase/masking.ts';
import {
  inUse,
  isMoved,
  isShelfName,
  onShelf,
  schemaNames,
  shelved,
} from '../../../../src/platforms/supabase/names.ts';

const TARGET = { environment: 'staging', name: 'shop-staging', database: 'postgres', identity: '1/5/2200' };
const MASKING = Masking.parse({
  columns: [
    { table: 'customers', column: 'email', as: 'email' },
    { table: 'auth.users', column: 'email', as: 'email' },
    { table: 'auth.audit_log_entries', column: 'payload', as: 'text' },
  ],
  empty: ['auth.sessions', 'letters'],
  keep: ['letters.template'],
});

it('names what is built and what was in use so that both are known as ours', () => {
  const names = schemaNames(TARGET, { operation: 'op-12', nonce: 'ab12' });
  expect(names).toEqual({ candidate: 'hf_op12_ab12', previous: 'hf_before_op12' });
  expect(Object.values(names).map(isShelfName)).toEqual([true, true]);
  expect(['public', 'hf_op12', 'hf_op12_ab12; drop schema public', 'holdfast_op_12'].filter(isShelfName)).toEqual([]);
});

it('keeps each schema apart on a shelf, and finds its name again', () => {
  for (const schema of ['public', 'billing', 'supabase_migrations']) {
    expect(inUse('hf_op12_ab12', onShelf('hf_op12_ab12', schema))).toBe(schema);
  }
  expect(shelved('hf_op12_ab12', 'customers')).toBe('hf_op12_ab12.customers');
  expect(shelved('hf_op12_ab12', 'auth.users')).toBe('hf_op12_ab12_auth.users');
});

it('takes the schemas of the application along, and none of the platform', () => {
  const all = [
    'public',
    'auth',
    'storage',
    'supabase_migrations',
    'vault',
    'billing',
    'pg_toast',
    'hf_op1_aa',
    'holdfast_op_3',
  ];
  expect(all.filter(isMoved)).toEqual(['public', 'supabase_migrations', 'billing']);
});

it('leaves tables of the platform empty that go nowhere, unless a rule speaks of them', () => {
  const tables = ['public.customers', 'auth.users', 'auth.sessions', 'auth.audit_log_entries', 'storage.objects'];
  expect(forProject(MASKING, tables).empty).toEqual(['auth.sessions', 'letters', 'storage.objects']);
});

it('asks on a shelf only for what can be there', () => {
  expect(onShelfOnly(MASKING, 'hf_op12_ab12')).toMatchObject({
    columns: [{ table: 'hf_op12_ab12.customers' }, { table: 'hf_op12_ab12_auth.users' }],
    empty: ['hf_op12_ab12.letters'],
    keep: ['hf_op12_ab12.letters.template'],
  });
});
