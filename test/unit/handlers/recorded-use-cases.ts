// Use cases that do nothing but remember what they were asked: the real ones need a store.
import type { Accepted, AnswerRecord, Intake } from '../../../src/core/ports.ts';
import type { Answer } from '../../../src/core/views.ts';
import type { UseCases } from '../../../src/operations/use-cases.ts';
import { anOperation } from '../notify/an-operation.ts';

export type Asked = { readonly what: keyof UseCases; readonly about: unknown };

/** Knows op-41. Commands are committed once per key and answered with op-41; `instead` replaces single use cases. */
export function recordedUseCases(instead: Partial<UseCases> = {}) {
  const { operation } = anOperation();
  const asked: Asked[] = [];
  const committed = new Map<string, { intake: Intake; answer: AnswerRecord | null }>();
  const acceptedOf = (intake: Intake): Accepted => {
    const answer = committed.get(intake.key)?.answer ?? null;
    return { id: intake.key, intake, receivedAt: '2026-11-20T14:00:00.000Z', answer };
  };
  const real: UseCases = {
    async accept(intake) {
      const first = !committed.has(intake.key);
      if (first) committed.set(intake.key, { intake, answer: null });
      return { first, accepted: acceptedOf(intake) };
    },
    async answer({ intake, answer }): Promise<Answer> {
      if (answer === null) started.push(intake.text);
      committed.set(intake.key, { intake, answer: { is: 'operation', operation: operation.id } });
      return { is: 'operation', operation, late: false };
    },
    approve: async () => operation,
    deny: async () => operation,
    confirm: async () => operation,
    cancel: async () => operation,
    join: async () => operation,
    settle: async () => operation,
    find: async () => operation,
    ...instead,
  };
  const started: string[] = [];
  const remembering = (what: keyof UseCases) => (about: never) => {
    asked.push({ what, about });
    return real[what](about);
  };
  const names = ['accept', 'answer', 'approve', 'deny', 'confirm', 'cancel', 'join', 'settle', 'find'] as const;
  const useCases = Object.fromEntries(names.map((name) => [name, remembering(name)])) as unknown as UseCases;
  return { useCases, asked, started, operation };
}
