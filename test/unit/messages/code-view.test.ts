import { describe, expect, it } from 'vitest';
import { readButtonValue } from '../../../src/messages/buttons.ts';
import { codeView } from '../../../src/messages/code-view.ts';
import { viewProblems } from '../../support/limits.ts';
import { productionStories, type Story } from '../../support/operations.ts';
import { renderView } from '../../support/render.ts';

const { operation } = Object.values(productionStories)[0] as Story;

describe('the dialog for a one-time code', () => {
  it('says what is approved, within the limits of Slack', () => {
    const view = codeView(operation);
    expect(viewProblems(view)).toEqual([]);
    expect(renderView(view)).toMatchSnapshot();
  });

  it('carries the operation and its digest', () => {
    expect(readButtonValue(codeView(operation).private_metadata)).toEqual({
      operation: operation.id,
      digest: operation.digest,
    });
  });
});
