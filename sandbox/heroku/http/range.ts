// Heroku's list paging: `Range: version ..; max=15, order=desc` in, `Next-Range` out.
import type { Reply } from './route.ts';

const DEFAULT_MAX = 200;

/** One page of a list sorted by a numeric key. */
export function page<Item>(
  items: readonly Item[],
  keyName: string,
  key: (item: Item) => number,
  range = '',
): Reply & { status: number } {
  const bounds = range.match(new RegExp(`^${keyName}\\s+(\\]?)(\\d*)\\.\\.(\\d*)`));
  const max = Number(range.match(/max=(\d+)/)?.[1] ?? DEFAULT_MAX);
  const descending = /order=desc/.test(range);
  const exclusive = bounds?.[1] === ']';
  const from = bounds?.[2] ? Number(bounds[2]) : undefined;
  const to = bounds?.[3] ? Number(bounds[3]) : undefined;

  const sorted = [...items].sort((a, b) => (descending ? key(b) - key(a) : key(a) - key(b)));
  const within = sorted.filter((item) => {
    const at = descending ? -key(item) : key(item);
    const start = from === undefined ? undefined : descending ? -from : from;
    const end = to === undefined ? undefined : descending ? -to : to;
    return (start === undefined || (exclusive ? at > start : at >= start)) && (end === undefined || at <= end);
  });
  const shown = within.slice(0, max);
  const first = shown[0];
  const last = shown.at(-1);
  if (first === undefined || last === undefined)
    return { status: 200, body: [], headers: { 'Accept-Ranges': keyName } };

  const order = descending ? ', order=desc' : '';
  const more = within.length > shown.length;
  return {
    status: more ? 206 : 200,
    body: shown,
    headers: {
      'Accept-Ranges': keyName,
      'Content-Range': `${keyName} ${key(first)}..${key(last)}; max=${max}${order}`,
      ...(more ? { 'Next-Range': `${keyName} ]${key(last)}..; max=${max}${order}` } : {}),
    },
  };
}
