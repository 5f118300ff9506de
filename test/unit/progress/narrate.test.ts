// Which journal events are told: the card always, a note for what people want to read, the last update at the end.
import { describe, expect, it } from 'vitest';
import type { Event } from '../../../src/core/journal.ts';
import { isTold, narrate } from '../../../src/progress/narrate.ts';
import { lookOf, planOf } from '../../support/plans.ts';
import * as journal from '../core/journal-of.ts';
