// Some things are said only when they are found twice in a row, so that one hiccup does not wake anybody.
import type { Alert, AlertKind, Finding } from '../core/alert.ts';
import { isOpen, keyOf } from './finding.ts';

/** A network that failed once, and a nightly backup that begins some minutes later than the night before. */
const TWICE: readonly AlertKind[] = ['unreadable', 'missing', 'old', 'retention', 'offsite'];

/** `before`: the keys of what the last look found. What is open already needs no second look. */
export function confirmed(
  findings: readonly Finding[],
  before: ReadonlySet<string>,
  open: readonly Alert[],
): readonly Finding[] {
  return findings.filter((one) => !TWICE.includes(one.kind) || before.has(keyOf(one)) || isOpen(open, one));
}
