// The two spellings of a time in Heroku's answers.

/** Platform API: `2025-11-21T14:35:00Z`. */
export const platformTime = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;

/** Data API: `2025-11-21 02:00:00 +0000`. */
export const dataTime = (at: Date): string => `${at.toISOString().slice(0, 19).replace('T', ' ')} +0000`;

export const dataTimeOrNull = (at: Date | null): string | null => (at === null ? null : dataTime(at));

export const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
