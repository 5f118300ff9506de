// Builders for the blocks that are used here, each within Slack's limits, and what makes text of others inert.
import type {
  ActionsBlock,
  Button,
  ContextBlock,
  DividerBlock,
  HeaderBlock,
  MrkdwnElement,
  SectionBlock,
} from '@slack/types';
import { clean } from '../core/wording.ts';

/** Slack's limits in characters or pieces; `text` and `whole` are our own. */
export const LIMITS = {
  blocks: 50,
  header: 150,
  section: 3000,
  field: 2000,
  fields: 10,
  context: 10,
  contextText: 1000,
  button: 75,
  buttons: 25,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
  text: 1500,
  /** All sections together; Slack's own limit is not documented, refusals begin above 13,000. */
  whole: 11_000,
} as const;

/** Cuts to `most` characters with “…”, never inside an entity, a mention, a code span or a surrogate pair. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text
    .slice(0, Math.max(0, most - 2))
    .replace(/[\uD800-\uDBFF]$/u, '')
    .replace(/(?:&[a-z]{0,3}|<[^>]*)$/, '');
  const open = (head.match(/`/g)?.length ?? 0) % 2 === 1;
  return `${head.trimEnd()}…${open ? '`' : ''}`;
}

const LOOKS_LIKE: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '`': 'ˋ',
  '*': '∗',
  '~': '∼',
};

/** A colon before a possible name of an emoji; `pg:promote:` stays as it is. Bounded, so that no text makes it slow. */
const EMOJI = /(?<![\p{L}\p{N}]):(?=([-+\w]{1,60}):)/gu;

/** Inside of a word an underscore formats nothing: table_names stay as they are. */
function isInWord(text: string, at: number, length: number): boolean {
  const isLetter = (character: string | undefined) => character !== undefined && /[\p{L}\p{N}]/u.test(character);
  return isLetter(text[at - 1]) && isLetter(text[at + length]);
}

/**
 * Makes text of people, providers or databases inert: on one line, and no mention, link, emoji or formatting arises from it.
 * Slack has no escape for its formatting characters, so they are replaced by others of the same look.
 */
export function inert(text: string, most: number = LIMITS.field): string {
  const safe = clean(text.slice(0, 4 * most))
    .replace(/[&<>`*~]/g, (character) => LOOKS_LIKE[character] ?? '')
    .replace(/_+/g, (run, at: number, whole: string) =>
      isInWord(whole, at, run.length) ? run : 'ˍ'.repeat(run.length),
    )
    .replace(EMOJI, (colon, name: string) => (/[a-z+]/i.test(name) || name === '100' ? '∶' : colon));
  return cut(safe, most);
}

/** The same for places where Slack formats nothing: headers, buttons, labels. */
export function plain(text: string, most: number): string {
  return cut(
    clean(text.slice(0, 4 * most))
      .replaceAll('<', '‹')
      .replaceAll('>', '›'),
    most,
  );
}

/** Text as a code span: only back quotes and Slack's control characters have to go. */
export function code(text: string, most = 200): string {
  const safe = clean(text.slice(0, 4 * most)).replace(/[&<>`]/g, (character) => LOOKS_LIKE[character] ?? '');
  return safe === '' ? '' : `\`${cut(safe, most)}\``;
}

function mrkdwn(text: string): MrkdwnElement {
  // `verbatim`: Slack makes no links of addresses and names that it finds in the text.
  return { type: 'mrkdwn', text, verbatim: true };
}

/** Never empty: Slack refuses that. */
export function plainText(text: string, most: number) {
  const words = plain(text, most);
  return { type: 'plain_text', text: words === '' ? '…' : words, emoji: false } as const;
}

/** The headline. */
export function header(text: string): HeaderBlock {
  return { type: 'header', text: plainText(text, LIMITS.header) };
}

/** A paragraph of Slack's markup; what is not ours in it was made inert before. */
export function section(text: string): SectionBlock {
  // Unfolded: on a card that people consent to, nothing may hide behind "see more".
  return { type: 'section', text: mrkdwn(cut(text, LIMITS.section)), expand: true };
}

/** A paragraph with a button beside it. */
export function sectionWith(text: string, beside?: Button): SectionBlock {
  return { ...section(text), ...(beside === undefined ? {} : { accessory: beside }) };
}

/** Short facts side by side (below each other on a phone); at most ten. */
export function fields(texts: readonly string[]): SectionBlock {
  return { type: 'section', fields: texts.slice(0, LIMITS.fields).map((text) => mrkdwn(cut(text, LIMITS.field))) };
}

/** A line in small print. */
export function context(...texts: readonly string[]): ContextBlock {
  const elements = texts.slice(0, LIMITS.context).map((text) => mrkdwn(cut(text, LIMITS.contextText)));
  return { type: 'context', elements };
}

export function divider(): DividerBlock {
  return { type: 'divider' };
}

type ButtonParts = {
  readonly action: string;
  readonly label: string;
  /** What screen readers say instead of the label. */
  readonly says: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string; readonly no: string };
};

/** A button; with `confirm` Slack asks once more before the click is sent. */
export function button({ action, label, says, value, style, confirm }: ButtonParts): Button {
  return {
    type: 'button',
    action_id: action,
    text: plainText(label, LIMITS.button),
    accessibility_label: plain(says, LIMITS.button),
    value,
    ...(style === undefined ? {} : { style }),
    ...(confirm === undefined
      ? {}
      : {
          confirm: {
            title: plainText(confirm.title, LIMITS.confirmTitle),
            text: plainText(confirm.text, LIMITS.confirmText),
            confirm: plainText(confirm.yes, LIMITS.confirmButton),
            deny: plainText(confirm.no, LIMITS.confirmButton),
            ...(style === undefined ? {} : { style }),
          },
        }),
  };
}

/** A row of buttons; null when there are none, since Slack refuses an empty row. */
export function actions(buttons: readonly Button[]): ActionsBlock | null {
  return buttons.length === 0 ? null : { type: 'actions', elements: buttons.slice(0, LIMITS.buttons) };
}
