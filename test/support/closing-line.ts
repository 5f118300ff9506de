// The last line of every run, which CI reads: `N passed, N failed` and, where there are any, `, N skipped`.
import type { Reporter, SerializedError, TestModule, TestRunEndReason } from 'vitest/node';

/** Prints when the process exits, so that nothing comes after it. A run in which nothing ran has failed. */
export class ClosingLine implements Reporter {
  #line = 'nothing ran\n0 passed, 1 failed';

  onInit(): void {
    process.once('exit', () => {
      if (!this.#line.includes(' 0 failed')) process.exitCode ||= 1;
      process.stdout.write(`\n${this.#line}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[], reason: TestRunEndReason): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string) => states.filter((other) => other === state).length;
    const passed = count('passed');
    const skipped = states.length - passed - count('failed');
    // A file that could not be read, or an error outside of any test, is a failure too.
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    const failed = count('failed') + broken;
    if (passed + failed === 0) return;
    const unexplained = reason !== 'passed' && failed === 0 ? 1 : 0;
    this.#line = `${passed} passed, ${failed + unexplained} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`;
  }
}
