// What is wrong with the configuration: where, and what it should be. Values are never shown, they may be secrets.

export type Problem = {
  /** `DATABASE_URL`, or `systems/grayledger.yml: environments.production.consent.roles[0]`. */
  readonly path: string;
  readonly message: string;
};

/** All of them as text for standard error, one per line. */
export function problemsText(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? 'is one problem' : `are ${problems.length} problems`;
  const lines = problems.map(({ path, message }) => `  ${path}: ${message}`);
  return [`Holdfast cannot start: there ${count} in its configuration.`, ...lines].join('\n');
}
