// How moments, spans, sizes and counts are written wherever a person reads them. Always UTC, always with a unit.

/** `2025-11-21 02:00 UTC` */
export function utc(moment: string): string {
  return `${moment.slice(0, 16).replace('T', ' ')} UTC`;
}

/** `14:35:07 UTC` */
export function utcTime(moment: string): string {
  return `${moment.slice(11, 19)} UTC`;
}

/** The age of a moment: `4 h 12 min`. */
export function ago(moment: string, now: Date): string {
  return span((now.getTime() - Date.parse(moment)) / 1000);
}

/** Seconds as `42 s`, `8 min`, `4 h 12 min`, `6 d 3 h`. Negative spans are written as 0 s. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return minutes < 10 && whole % 60 !== 0 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** Seconds as `mm:ss`, the way a restore's duration is cited. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}

/** Bytes as `245 MB` (decimal, as providers print it); small ones as `812 kB` or `96 B`. */
export function megabytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < 10_000_000_000) return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(1)} GB`;
}

/** `4,812 rows`, `1 row` */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
}

/** `a, b and c` */
export function list(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** `14:35 UTC`; with the date before it when that is not today's: `2025-11-21 14:35 UTC`. */
export function utcShort(moment: string, now: Date): string {
  return moment.slice(0, 10) === now.toISOString().slice(0, 10) ? `${moment.slice(11, 16)} UTC` : utc(moment);
}

/** Text on one line, without characters that cannot be seen or that turn the direction of writing. */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/gu, '')
    .trim();
}

/** What a person typed, as they meant it: Slack writes people, channels and the characters of its markup in a way of its own. */
export function asMeant(text: string): string {
  return text
    .replace(/<([@#])[A-Z0-9]{1,30}\|([^<>|]{1,80})>/g, '$1$2')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
