// Chapter 2: a backup is proven by restoring it into a scratch PostgreSQL.
import { strict as assert } from 'node:assert';
import { operationIn, type Stage } from './stage.ts';

export async function prove(stage: Stage): Promise<void> {
  stage.chapter('Proof: a backup is downloaded, read to its end, restored and checked');
  const id = operationIn(await stage.types('alice', '/dr verify a001 --deep'));
  const card = await stage.until(id, ['SUCCEEDED', 'FAILED']);
  await stage.proves('a001 is proven restorable, in so many minutes and seconds', () => {
    assert.match(card, /proven restorable in \d\d:\d\d/);
  });
  await stage.proves('its rows were counted and its books balance', () => {
    assert.match(card, /entries: 4,000 rows/);
    assert.match(card, /PASS.*orphaned line items/);
    assert.match(card, /PASS.*entries that do not balance/);
  });
}
