// The shapes of names that cross borders: system, environment, operation, people, channels.
import { z } from 'zod';

/** A lower-case word such as `grayledger`, `production`, `engineering-lead`. */
export const Slug = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'must be a lower-case word such as "production"');

/** The name of a table or column, with its schema where it has one: `entries`, `billing.entries`. */
export const Identifier = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/, 'must be a plain lower-case name');

/** `op-41`: short enough to be typed at 3 a.m. */
export const OperationId = z.string().regex(/^op-[1-9][0-9]{0,9}$/, 'must look like op-41');

/** `inc-7`: an incident. */
export const IncidentId = z.string().regex(/^inc-[1-9][0-9]{0,9}$/, 'must look like inc-7');

/** `al-12`: an alert. */
export const AlertId = z.string().regex(/^al-[1-9][0-9]{0,9}$/, 'must look like al-12');

/** The name of an environment variable that holds a secret. */
export const VariableName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]{1,80}$/, 'must name an environment variable such as PAGERDUTY_KEY');

export const UserId = z.string().regex(/^[UW][A-Z0-9]{2,20}$/, 'must be a Slack user id such as U0123ABCD');
export const GroupId = z.string().regex(/^S[A-Z0-9]{2,20}$/, 'must be a Slack user group id such as S0123ABCD');
export const ChannelId = z.string().regex(/^[CG][A-Z0-9]{2,20}$/, 'must be a Slack channel id such as C0123ABCD');

/** A moment as ISO 8601 in UTC: `2025-11-21T02:00:00.000Z`. */
export const Moment = z.iso.datetime();

/** Who asks for what a schedule starts: no Slack user has this id. */
export const SCHEDULE = 'USCHEDULE';
