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

export const UserId = z.string().regex(/^[UW][A-Z0-9]{2,20}$/, 'must be a Slack user id such as U0123ABCD');
export const GroupId = z.string().regex(/^S[A-Z0-9]{2,20}$/, 'must be a Slack user group id such as S0123ABCD');
export const ChannelId = z.string().regex(/^[CG][A-Z0-9]{2,20}$/, 'must be a Slack channel id such as C0123ABCD');

/** A moment as ISO 8601 in UTC: `2025-11-21T02:00:00.000Z`. */
export const Moment = z.iso.datetime();
