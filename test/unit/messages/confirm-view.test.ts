import { describe, expect, it } from 'vitest';
import { ACTIONS, buttonValue, CONFIRM_VIEW, readButtonValue } from '../../../src/messages/buttons.ts';
import { confirmErrors, confirmView } from '../../../src/messages/confirm-view.ts';
import { viewProblems } from '../../support/limits.ts';
import { type Story, stagingStories } from '../../support/operations.ts';
import { renderView } from '../../support/render.ts';

const { operation } = stagingStories['waiting for the typed name'] as Story;

describe('the dialog for the typed name', () => {
  it('says what is overwritten, from what, and how that is undone', () => {
    const view = confirmView(operation);
    expect(viewProblems(view)).toEqual([]);
    expect(renderView(view)).toMatchSnapshot();
    expect(view).toMatchSnapshot();
  });

  it('carries the operation and its digest', () => {
    expect(readButtonValue(confirmView(operation).private_metadata)).toEqual({
      operation: 'op-42',
      digest: operation.digest,
    });
  });

  it('names the right text under the input after a wrong one', () => {
    expect(confirmErrors('grayledger-staging')).toEqual({
      [CONFIRM_VIEW.block]: 'That is not the name of the target. Type grayledger-staging exactly.',
    });
  });
});

describe('the value of a button', () => {
  const value = { operation: 'op-42', digest: operation.digest };

  it('comes back as it went', () => {
    expect(readButtonValue(buttonValue(operation, { asks: 12 }))).toEqual({ ...value, asks: 12 });
    expect(readButtonValue(buttonValue(operation))).toEqual(value);
  });

  it.each([
    undefined,
    '',
    'op-42',
    'null',
    '[]',
    '{"operation":"op-42"}',
    JSON.stringify({ ...value, digest: 'short' }),
    JSON.stringify({ ...value, operation: 'op-0' }),
    JSON.stringify({ ...value, step: '../s1' }),
    JSON.stringify({ ...value, role: 'admin' }),
    JSON.stringify({ ...value, step: 's'.repeat(5000) }),
  ])('is refused when it cannot be ours: %s', (text) => {
    expect(readButtonValue(text)).toBeNull();
  });

  it('has a name of its own for every button', () => {
    expect(new Set(Object.values(ACTIONS)).size).toBe(Object.keys(ACTIONS).length);
  });
});
