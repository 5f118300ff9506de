// The accounting application: Rails, whose entries must balance.
import type { Business } from './business.ts';
import { type Flavour, insertEntries } from './rows.ts';

export const ledger = (flavour: Flavour): Business => ({
  counts: 'entries',
  paths: ['/entries', '/accounts', '/reports/trial-balance'],
  processes: {
    release: 'bundle exec rails db:migrate',
    web: 'bundle exec puma -C config/puma.rb',
    worker: 'bundle exec sidekiq',
  },
  configVars: { RACK_ENV: 'production', RAILS_ENV: 'production', RAILS_LOG_TO_STDOUT: 'enabled' },
  secret: 'SECRET_KEY_BASE',
  failure: {
    error: 'NoMethodError',
    message: "undefined method 'cents' for nil",
    log: [
      "undefined method 'cents' for nil (NoMethodError)",
      "app/models/entry.rb:41:in 'Entry#balance'",
      "app/controllers/entries_controller.rb:17:in 'index'",
    ],
  },
  databaseError: 'ActiveRecord::StatementInvalid',
  async write(client, count) {
    const now = new Date();
    await insertEntries(client, flavour, count, new Date(now.getTime() - 2_000), now);
  },
  async corrupt(client) {
    await client.query("delete from line_items where memo = 'credit' and entry_id % 10 = 0");
    const { rows } = await client.query<{ count: string }>(
      'select count(*) from (select entry_id from line_items group by entry_id having sum(amount_cents) <> 0) as unbalanced',
    );
    return Number(rows[0]?.count ?? 0);
  },
});
