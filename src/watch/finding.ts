// What makes two findings the same one, and the button of a finding.
import type { Alert, Finding, Remedy } from '../core/alert.ts';
import type { System } from '../core/system.ts';
import { clean } from '../core/wording.ts';

type Which = Pick<Finding, 'kind' | 'environment' | 'about'>;

/** One of a kind per environment, and of what it is about. */
export function keyOf({ kind, environment, about }: Which): string {
  return `${kind}/${environment}/${about}`;
}

export function isOpen(open: readonly Alert[], which: Which): boolean {
  return open.some((alert) => keyOf(alert) === keyOf(which));
}

const LABELS = {
  backup: 'Take a backup now',
  'verify --deep': 'Verify',
  backups: 'Look at the backups',
  'backups --retention': 'Show what is kept',
  copy: 'Copy out of the house',
  assess: 'Assess it',
} as const;

/** The command for this system, whatever channel it is clicked in. */
export function remedyOf({ name }: Pick<System, 'name'>, command: keyof typeof LABELS): Remedy {
  return { label: LABELS[command], command: `${command} --system ${name}` };
}

/** Somebody else's sentence, as far as it fits into one of ours. */
export function reasonIn(text: string): string {
  const one = clean(text).replace(/[.\s]+$/, '');
  return one.length <= LONGEST ? one : `${one.slice(0, LONGEST - 1)}…`;
}

const LONGEST = 300;
