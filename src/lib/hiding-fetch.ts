// Takes secrets out of every text on its way to Slack, whatever the rest of the program has overlooked.

type Redact = (text: string) => string;

/** Members of messages, dialogs and forms that people read. All others are names and addresses, which must arrive as they are. */
const SHOWN = new Set(['text', 'alt_text', 'title', 'initial_comment']);

/** `send`, but nothing that `redact` hides leaves in a text of a form or of a JSON object. */
export function hidingFetch(redact: Redact, send: typeof fetch = fetch): typeof fetch {
  return (input, init) => {
    const body = init?.body;
    return typeof body === 'string' ? send(input, { ...init, body: hiddenBody(body, redact) }) : send(input, init);
  };
}

function hiddenBody(body: string, redact: Redact): string {
  const object = parsed(body);
  if (object !== undefined) return JSON.stringify(hiddenIn(object, redact));
  const form = new URLSearchParams(body);
  for (const [name, value] of [...form]) {
    const inner = parsed(value);
    if (inner !== undefined) form.set(name, JSON.stringify(hiddenIn(inner, redact)));
    else if (SHOWN.has(name)) form.set(name, redact(value));
  }
  return form.toString();
}

function hiddenIn(value: unknown, redact: Redact): unknown {
  if (Array.isArray(value)) return value.map((item) => hiddenIn(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [
    name,
    typeof member === 'string' && SHOWN.has(name) ? redact(member) : hiddenIn(member, redact),
  ]);
  return Object.fromEntries(members);
}

/** Undefined for anything but an object or a list. */
function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
