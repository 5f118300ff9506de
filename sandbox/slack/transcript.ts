// Renders messages and views as plain text for a terminal, the way people saw them.
import type { Block, Message, View } from './message.ts';
import { channels, nameOfUser } from './workspace.ts';

export type TranscriptOptions = {
  /** Only what this person sees. Default: everything, ephemeral messages included. */
  seenBy?: string;
};

/** Several messages in order, separated by empty lines. */
export function transcript(messages: readonly Message[], { seenBy }: TranscriptOptions = {}): string {
  return messages
    .filter(({ ephemeralTo }) => seenBy === undefined || ephemeralTo === undefined || ephemeralTo === seenBy)
    .map(renderMessage)
    .join('\n\n');
}

/** One message: who and when, then what it says, indented; replies in a thread are indented once more. */
export function renderMessage(message: Message): string {
  const time = new Date(Number(message.ts) * 1000).toISOString().slice(11, 19);
  const marks = [
    ...(message.edited ? ['(edited)'] : []),
    ...(message.ephemeralTo === undefined ? [] : [`(only ${message.ephemeralTo} sees this)`]),
  ];
  const inThread = message.threadTs !== undefined && message.threadTs !== message.ts;
  const head = [`${inThread ? '↳ ' : ''}${message.author}`, time, ...marks].join('  ');
  const files = message.files.map((name) => `[file ${name}]`);
  const body = [messageText(message), ...files].filter((part) => part !== '').join('\n');
  return indent(`${head}\n${indent(body, '  ')}`, inThread ? '    ' : '');
}

/** All that a message says: its blocks if it has any, else its text. */
export function messageText({ blocks, text }: Pick<Message, 'blocks' | 'text'>): string {
  return blocks.length > 0 ? renderBlocks(blocks) : readable(text);
}

/** A modal or a Home tab: its title in a frame, then its blocks. */
export function renderView(view: View): string {
  return [...(view.title ? [`┌ ${view.title}`] : []), indent(renderBlocks(view.blocks), '│ ')].join('\n');
}

/** Slack's markup as people read it: mentions by name, links with their address, entities decoded. */
export function readable(markup: string): string {
  return markup
    .replace(/<@([A-Z0-9]+)(?:\|[^>]*)?>/g, (_, id: string) => `@${nameOfUser(id)}`)
    .replace(/<#([A-Z0-9]+)(?:\|[^>]*)?>/g, (_, id: string) => `#${nameOfChannel(id)}`)
    .replace(/<!subteam\^[A-Z0-9]+\|([^>]*)>/g, '$1')
    .replace(/<!date\^[^|>]*\|([^>]*)>/g, '$1')
    .replace(/<!(\w+)(?:\|[^>]*)?>/g, '@$1')
    .replace(/<([a-z]+:[^|>]+)\|([^>]*)>/g, '$2 ($1)')
    .replace(/<([a-z]+:[^>]+)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}

function renderBlocks(blocks: readonly Block[]): string {
  return blocks
    .map(renderBlock)
    .filter((text) => text !== '')
    .join('\n');
}

function renderBlock(block: Block): string {
  switch (block.type) {
    case 'header':
      return `── ${textOf(block['text'])} ──`;
    case 'divider':
      return '────────';
    case 'section': {
      const lines = [textOf(block['text']), ...list(block['fields']).map((field) => `• ${oneLine(textOf(field))}`)];
      return [...lines, renderElement(block['accessory'])].filter((line) => line !== '').join('\n');
    }
    case 'context':
      return `· ${list(block['elements']).map(renderElement).join('  ')}`;
    case 'actions':
      return list(block['elements']).map(renderElement).join(' ');
    case 'input':
      return `${textOf(block['label'])}: ${renderElement(block['element'])}`;
    case 'markdown':
      return String(block['text'] ?? '');
    default:
      return textOf(block['text']) || deepText(block);
  }
}

function renderElement(element: unknown): string {
  const fields = record(element);
  switch (fields['type']) {
    case undefined:
      return '';
    case 'button':
      return `[${textOf(fields['text'])}]`;
    case 'image':
      return `(picture: ${String(fields['alt_text'] ?? '')})`;
    case 'mrkdwn':
    case 'plain_text':
      return textOf(fields);
    case 'plain_text_input':
      return `[_${textOf(fields['placeholder'])}_]`;
    default: {
      const options = list(fields['options']).map((option) => textOf(record(option)['text']));
      return `[${options.join(' | ') || textOf(fields['placeholder'])} ▾]`;
    }
  }
}

// Blocks this file has no words for (rich text, tables) still show every text inside them.
function deepText(value: unknown): string {
  if (Array.isArray(value)) return value.map(deepText).filter(Boolean).join(' ');
  const fields = record(value);
  if (typeof fields['text'] === 'string') return readable(fields['text']);
  return deepText(Object.values(fields).filter((inside) => typeof inside === 'object' && inside !== null));
}

function textOf(text: unknown): string {
  const { text: said } = record(text);
  return typeof said === 'string' ? readable(said) : '';
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ');
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function nameOfChannel(id: string): string {
  return Object.entries(channels).find(([, channel]) => channel.id === id)?.[0] ?? id;
}

function indent(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}
