// Takes secrets out of everything that is logged or told: known values in any form, and whatever looks like one.
import { formsOf } from './secret-forms.ts';

const HIDDEN = '[secret]';

/** What looks like a secret even if nobody registered it. `$1` is what may stay. */
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/"'<>]*:)[^\s"'<>]+@/gi, `$1${HIDDEN}@`],
  [/\b(?:xox[a-z]|xapp)-[A-Za-z0-9-]{6,}/g, HIDDEN],
  [/\bHRKU-[A-Za-z0-9_-]{6,}/g, HIDDEN],
  [/\b(Bearer|authorization["']?\s*[:=]\s*["']?Basic)\s+[A-Za-z0-9._~+/-]{6,}=*/gi, `$1 ${HIDDEN}`],
  [/([?&](?:X-Amz-(?:Signature|Credential|Security-Token)|signature|sig|token)=)[^&\s"'<>]+/gi, `$1${HIDDEN}`],
  [/\b((?:PG)?PASSWORD=)[^\s&"']+/gi, `$1${HIDDEN}`],
];

/** Members with such names are hidden if they are texts, whatever they contain. */
const NAMES =
  /^(?:.*password|passwd|pgpass|.*secret|token|.*[_-]?token|authorization|cookie|api[_-]?key|connection_?string)$/i;

export type Redactor = {
  /**
   * From now on this value is hidden, also URL-encoded, JSON-escaped or as base64, and its password if it is a URL. A form that
   * is one of the `words` stays.
   */
  register(secret: string, words?: ReadonlySet<string>): void;
  text(text: string): string;
  /** A copy with the same shape, hidden throughout; errors become plain objects with message, stack and cause. */
  deep(value: unknown): unknown;
};

/** Starts with the patterns alone. */
export function createRedactor(): Redactor {
  const known = new Set<string>();
  let pattern: RegExp | null = null;

  function text(given: string): string {
    const left = pattern === null ? given : given.replace(pattern, HIDDEN);
    return PATTERNS.reduce((rest, [looksLike, instead]) => rest.replace(looksLike, instead), left);
  }

  function deep(value: unknown, above: readonly object[] = []): unknown {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'bigint') return String(value);
    if (typeof value !== 'object' || value === null) return value;
    if (above.includes(value)) return '[circular]';
    const path = [...above, value];
    if (value instanceof Error) return members({ type: value.name, ...errorParts(value) }, path);
    if (value instanceof Uint8Array) return `[${value.length} bytes]`;
    if ('toJSON' in value && typeof value.toJSON === 'function') return deep(value.toJSON(), path);
    if (Array.isArray(value)) return value.map((item) => deep(item, path));
    return members(value, path);
  }

  function members(value: object, path: readonly object[]): object {
    const entries = Object.entries(value).map(([name, member]: [string, unknown]) => {
      return [text(name), typeof member === 'string' && NAMES.test(name) ? HIDDEN : deep(member, path)];
    });
    return Object.fromEntries(entries);
  }

  return {
    register(secret, words = new Set()) {
      for (const form of formsOf(secret)) if (!words.has(form)) known.add(form);
      // The longest first: a URL goes before the password in it.
      const forms = [...known].sort((a, b) => b.length - a.length).map(escaped);
      pattern = forms.length === 0 ? null : new RegExp(forms.join('|'), 'g');
    },
    text,
    deep: (value) => deep(value),
  };
}

function escaped(form: string): string {
  return form.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}

/** An error's message, stack and cause are not enumerable; what libraries add to it (argv, output) is. */
function errorParts(error: Error): object {
  const { message, stack, cause } = error;
  const several = error instanceof AggregateError ? { errors: error.errors } : {};
  return { ...error, ...several, message, stack, ...(cause === undefined ? {} : { cause }) };
}
