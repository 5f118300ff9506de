// Which of amcheck's functions are called depends on the server: a call of one that is not there would end the whole check.
import { expect, it } from 'vitest';
import { functionsOf } from '../../../src/postgres/structure.ts';

it.each([
  [120_022, ['bt_index_check']],
  [139_999, ['bt_index_check']],
  [140_000, ['verify_heapam', 'bt_index_check']],
  [180_001, ['verify_heapam', 'bt_index_check']],
])('a server of version %i is asked for what it has', (version, names) => {
  expect(functionsOf(version).map((name) => name.split('(')[0])).toEqual(names);
});
