// Fills a modal's inputs as the person does, and refuses what Slack's own window would refuse.
import { z } from 'zod';
import type { View } from './message.ts';

const Option = z.looseObject({ value: z.string() });

const Input = z.looseObject({
  type: z.literal('input'),
  block_id: z.string(),
  optional: z.boolean().default(false),
  label: z.looseObject({ text: z.string() }),
  element: z.looseObject({
    type: z.string(),
    action_id: z.string(),
    initial_value: z.string().optional(),
    min_length: z.number().optional(),
    max_length: z.number().optional(),
    options: z.array(Option).optional(),
    initial_option: Option.optional(),
  }),
});

type Element = z.infer<typeof Input>['element'];

/** By block id, then action id. Several choices are given as one text, separated by commas. */
export type Answers = Record<string, Record<string, string>>;

/** The `state.values` of a submission. Throws where Slack would not let the person submit. */
export function modalValues(modal: View, answers: Answers): Record<string, Record<string, object>> {
  const inputs = modal.blocks.flatMap((block) => Input.safeParse(block).data ?? []);
  const known = inputs.map(({ block_id: id, element }) => `${id}.${element.action_id}`);
  const given = Object.entries(answers).flatMap(([id, of]) => Object.keys(of).map((action) => `${id}.${action}`));
  const strange = given.filter((name) => !known.includes(name));
  if (strange.length > 0)
    throw new Error(`"${modal.title}" has no input ${strange.join(', ')}; it has ${known.join(', ') || 'none'}`);

  return Object.fromEntries(
    inputs.map(({ block_id: id, element, optional, label }) => {
      const answer = answers[id]?.[element.action_id] ?? element.initial_value ?? element.initial_option?.value ?? '';
      const wrong = whatIsWrong(answer, element, optional);
      if (wrong) throw new Error(`"${modal.title}" cannot be submitted: "${label.text}" ${wrong}`);
      return [id, { [element.action_id]: answered(answer, element) }];
    }),
  );
}

function whatIsWrong(answer: string, { min_length: min, max_length: max }: Element, optional: boolean) {
  if (answer === '') return optional ? undefined : 'is required';
  if (min !== undefined && answer.length < min) return `needs at least ${min} characters`;
  return max !== undefined && answer.length > max ? `takes at most ${max} characters` : undefined;
}

function answered(answer: string, { type, options }: Element): object {
  const chosen = (value: string) => {
    const option = options?.find((candidate) => candidate.value === value);
    if (options && !option) throw new Error(`no option "${value}" among ${options.map((o) => o.value).join(', ')}`);
    return option ?? { value };
  };
  const several = answer.split(',').filter((value) => value !== '');
  switch (type) {
    case 'static_select':
    case 'external_select':
    case 'radio_buttons':
      return { type, selected_option: answer === '' ? null : chosen(answer) };
    case 'checkboxes':
    case 'multi_static_select':
      return { type, selected_options: several.map(chosen) };
    case 'users_select':
      return { type, selected_user: answer || null };
    case 'conversations_select':
      return { type, selected_conversation: answer || null };
    case 'datepicker':
      return { type, selected_date: answer || null };
    case 'timepicker':
      return { type, selected_time: answer || null };
    default:
      return { type, value: answer || null };
  }
}

const Choices = z.looseObject({
  block_id: z.string(),
  element: z.looseObject({
    action_id: z.string(),
    options: z.array(z.looseObject({ value: z.string(), text: z.looseObject({ text: z.string() }) })),
  }),
});

/** The answers that tick what is labelled so. Throws for a label that the modal does not have. */
export function choicesIn(modal: View, labels: readonly string[]): Answers {
  const groups = modal.blocks.flatMap((block) => Choices.safeParse(block).data ?? []);
  const known = groups.flatMap(({ element }) => element.options.map(({ text }) => text.text));
  const strange = labels.filter((label) => !known.includes(label));
  if (strange.length > 0) throw new Error(`"${modal.title}" has no ${strange.join(', ')} among ${known.join(', ')}`);
  return Object.fromEntries(
    groups.map(({ block_id: id, element }) => {
      const chosen = element.options.filter(({ text }) => labels.includes(text.text)).map(({ value }) => value);
      return [id, { [element.action_id]: chosen.join(',') }];
    }),
  );
}
