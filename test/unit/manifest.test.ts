// Holds the app manifest to the code: no scope too few, none too many, every command answered.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SCOPES as SCOPES_OF_DOCTOR } from '../../src/app/doctor-slack.ts';

const home = join(import.meta.dirname, '..', '..');

const Manifest = z.object({
  features: z.object({
    bot_user: z.object({ always_online: z.boolean() }),
    slash_commands: z.array(z.object({ command: z.string(), usage_hint: z.string(), should_escape: z.boolean() })),
  }),
  oauth_config: z.object({ scopes: z.object({ bot: z.array(z.string()) }) }),
  settings: z.object({
    interactivity: z.object({ is_enabled: z.boolean() }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.boolean(),
  }),
});
const manifest = Manifest.parse(parse(readFileSync(join(home, 'manifest.yml'), 'utf8')));

/** The bot scopes of every Web API method that may be called; a method that is missing here is not allowed yet. */
const SCOPES: Readonly<Record<string, readonly string[]>> = {
  'auth.test': [],
  'chat.postEphemeral': ['chat:write'],
  'chat.postMessage': ['chat:write'],
  'chat.update': ['chat:write'],
  'conversations.create': ['channels:manage'],
  'conversations.info': ['channels:read'],
  'conversations.invite': ['channels:manage'],
  'conversations.list': ['channels:read'],
  'conversations.setTopic': ['channels:manage'],
  'files.completeUploadExternal': ['files:write'],
  'files.getUploadURLExternal': ['files:write'],
  'usergroups.users.list': ['usergroups:read'],
  'users.info': ['users:read'],
  'views.open': [],
  'views.publish': [],
};

const source = globSync('src/**/*.ts', { cwd: home })
  .map((file) => readFileSync(join(home, file), 'utf8'))
  .join('\n');

function found(pattern: RegExp): string[] {
  return [...new Set([...source.matchAll(pattern)].map((match) => match[1] ?? ''))].sort();
}

const SLACK_ROOMS = 'auth|bots|chat|conversations|files|pins|reactions|team|usergroups|users|views';
const methods = found(new RegExp(`\\bclient\\s*\\.((?:${SLACK_ROOMS})(?:\\.\\w+)+)\\(`, 'g'));

describe('the manifest', () => {
  it('asks for exactly the scopes that the methods and commands in src/ need', () => {
    // Were nothing found, the scan would be broken and the comparison would prove nothing.
    expect(methods).toContain('chat.postMessage');
    expect(methods.filter((method) => SCOPES[method] === undefined)).toEqual([]);
    const needed = new Set(['commands', ...methods.flatMap((method) => SCOPES[method] ?? [])]);
    expect([...manifest.oauth_config.scopes.bot].sort()).toEqual([...needed].sort());
    expect([...SCOPES_OF_DOCTOR].sort()).toEqual([...needed].sort());
  });

  it('declares exactly the slash commands that have a handler', () => {
    const declared = manifest.features.slash_commands.map(({ command }) => command);
    expect(declared.sort()).toEqual(found(/\bapp\.command\('([^']+)'/g));
  });

  it('switches interactivity on because buttons and dialogs have handlers', () => {
    expect(found(/\bapp\.(action|view)\b/g)).toEqual(['action', 'view']);
    expect(manifest.settings.interactivity.is_enabled).toBe(true);
  });

  it('has what people type escaped, so that a mention is an id', () => {
    expect(manifest.features.slash_commands.map(({ should_escape }) => should_escape)).toEqual([true]);
  });

  it('keeps the app to one workspace, on Socket Mode, with a token that does not change', () => {
    const { org_deploy_enabled, socket_mode_enabled, token_rotation_enabled } = manifest.settings;
    expect({ org_deploy_enabled, socket_mode_enabled, token_rotation_enabled }).toEqual({
      org_deploy_enabled: false,
      socket_mode_enabled: true,
      token_rotation_enabled: false,
    });
    expect(manifest.features.bot_user.always_online).toBe(true);
  });
});
