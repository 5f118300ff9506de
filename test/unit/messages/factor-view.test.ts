import { describe, expect, it } from 'vitest';
import { SecondFactor } from '../../../src/core/second-factor.ts';
import { readButtonValue } from '../../../src/messages/buttons.ts';
import { factorView } from '../../../src/messages/factor-view.ts';
import { viewProblems } from '../../support/limits.ts';
import { asking, productionStories, type Story } from '../../support/operations.ts';
import { renderView } from '../../support/render.ts';

const { operation: story } = Object.values(productionStories)[0] as Story;
const NOW = new Date('2026-11-27T10:00:05.000Z');

describe.each(SecondFactor.options)('the dialog for %s', (factor) => {
  const operation = asking(story, factor);

  it('says what is approved, within the limits of Slack', () => {
    const view = factorView(operation, NOW);
    expect(viewProblems(view)).toEqual([]);
    expect(renderView(view)).toMatchSnapshot();
  });

  it('carries the operation, its digest, and when it was opened', () => {
    expect(readButtonValue(factorView(operation, NOW).private_metadata)).toEqual({
      operation: operation.id,
      digest: operation.digest,
      shownAt: NOW.toISOString(),
    });
  });
});
