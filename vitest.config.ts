// How the tests run: one project per folder of test/, from those that need nothing to those that start servers.
import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

/** Projects that start PostgreSQL, a queue server or Slack share two cores: more workers would only starve them. */
const withServers = (name: string, order: number, seconds: number, workers: number) => ({
  extends: true as const,
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: seconds * 1000,
    hookTimeout: 240_000,
    teardownTimeout: 30_000,
    maxWorkers: workers,
    // They kill, cut and race on purpose beside engines and databases on two cores. What fails is run once more, which the
    // report names; what fails twice has failed.
    retry: 1,
    sequence: { groupOrder: order },
  },
});

export default defineConfig({
  test: {
    pool: 'forks',
    reporters: ['default', new ClosingLine()],
    setupFiles: ['test/support/no-warnings.ts'],
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    allowOnly: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 5_000,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      withServers('contract', 1, 120, 2),
      withServers('integration', 2, 120, 2),
      withServers('faults', 3, 240, 1),
      withServers('story', 4, 240, 2),
    ],
    coverage: {
      provider: 'v8',
      include: [
        'src/core/**',
        'src/runbooks/**',
        'src/operations/**',
        'src/progress/**',
        'src/incidents/**',
        'src/watch/**',
      ],
      reporter: ['text'],
      // The rooms that decide: every branch in them is a promise, so every branch has a test.
      thresholds: {
        'src/core/**': { branches: 100 },
        'src/runbooks/**': { branches: 100 },
        'src/operations/**': { branches: 100 },
        'src/progress/**': { branches: 100 },
        'src/incidents/**': { branches: 100 },
        'src/watch/**': { branches: 100 },
      },
    },
  },
});
