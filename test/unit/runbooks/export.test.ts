// Taking what the law has to be able to read out of the house (S15).
import { describe, expect, it } from 'vitest';
import { exported } from '../../../src/runbooks/export.ts';
import { factsOf } from '../../support/facts.ts';
import { systemOf } from '../../support/system.ts';
import { inWords, planned } from './drafts.ts';

const command = { verb: 'export', system: null } as const;
const offsite = { name: 's3://vault', copies: [], problem: null };
const facts = factsOf({ production: { offsite } });
const system = systemOf({ export: { tables: ['invoices', 'billing.payments'] } });

describe('an export', () => {
  it('says which tables go where, and what is not in it', () => {
    expect(inWords(planned(exported, command, { system, facts }))).toMatchInlineSnapshot(`
      "Export 2 tables of grayledger-production out of the house [production]
      · Tables: public.invoices and billing.payments
      · Exported to: s3://vault
      · Kept: until somebody removes it there: no retention deletes it
      · Not in it: files outside of the database, such as PDFs of invoices
      pinned: grayledger-production/postgresql-production
      s1 data.export: Export to s3://vault, encrypted, and read it back (environment production, tables public.invoices+billing.payments, file 2025-11-21_grayledger_production_export_op-41.dump.zst.age)
      no undo: an export more does no harm"
    `);
  });

  it('is refused where no tables are named, or no place', () => {
    expect(() => planned(exported, command, { facts })).toThrow('No tables of GrayLedger are named for an export.');
    expect(() => planned(exported, command, { system })).toThrow(/No place out of the house is named/);
  });
});
