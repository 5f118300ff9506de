// A value that must not be shown: it prints as [secret] everywhere and is opened only where it is used.

/** Holds a connection string, token or password. `open()` is the only way to the value; logs, JSON and errors get `[secret]`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  open(): string {
    return this.#value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}
