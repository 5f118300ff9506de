// Every recipe, by the verb that asks for it.
import type { Runbooks } from '../core/runbook.ts';
import { backup } from './backup.ts';
import { cleanup } from './cleanup.ts';
import { copy } from './copy.ts';
import { drill } from './drill.ts';
import { exported } from './export.ts';
import { prune } from './prune.ts';
import { recover } from './recover.ts';
import { restore } from './restore.ts';
import { rollback } from './rollback.ts';
import { undo } from './undo.ts';
import { verify } from './verify.ts';
import { warm } from './warm.ts';

export const runbooks: Runbooks = {
  verify,
  backup,
  restore,
  warm,
  rollback,
  recover,
  drill,
  copy,
  export: exported,
  prune,
  undo,
  cleanup,
};
