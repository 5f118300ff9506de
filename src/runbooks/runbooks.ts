// Every recipe, by the verb that asks for it.
import type { Runbooks } from '../core/runbook.ts';
import { backup } from './backup.ts';
import { restore } from './restore.ts';
import { rollback } from './rollback.ts';
import { undo } from './undo.ts';
import { verify } from './verify.ts';

export const runbooks: Runbooks = { verify, backup, restore, rollback, undo };
