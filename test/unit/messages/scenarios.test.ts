// Scenarios as they are listed, and the step of one that only a person can do.
import { describe, expect, it } from 'vitest';
import { note } from '../../../src/messages/note.ts';
import { question } from '../../../src/messages/question.ts';
import { scenariosMessage } from '../../../src/messages/scenarios.ts';
import { situation } from '../../../src/messages/situation.ts';
import { problemsOf } from '../../support/limits.ts';
import { planOf, stepOf } from '../../support/plans.ts';
import { render } from '../../support/render.ts';
import { systemOf } from '../../support/system.ts';
import { BOB, begun, journalOf, minute, operationOf } from '../core/journal-of.ts';

const person = { do: 'person' as const, title: 'Order a server', instructions: 'Ask <!channel> for one.' };

describe('the scenarios of a system', () => {
  it('are listed with their objectives, their human steps and what is to be typed', () => {
    const environment = 'production';
    const times = { environment, rtoMinutes: 240, rpoMinutes: 60 };
    const shown = scenariosMessage(
      systemOf({
        scenarios: {
          flood: { ...times, title: 'Flood', symptoms: ['water', '<!here>'], steps: [person, { do: 'logs' }] },
          damage: { ...times, title: 'Damage', steps: [{ do: 'restore', backup: 'asked' }] },
          deletion: { ...times, title: 'Deletion', steps: [{ do: 'moment' }] },
          rows: { ...times, title: 'Rows', steps: [{ do: 'table' }] },
        },
      }),
    );
    expect(problemsOf(shown)).toEqual([]);
    expect(render(shown)).toMatchInlineSnapshot(`
      "NOTIFICATION 4 scenarios of GrayLedger: flood, damage, deletion, rows.
      ----
      # 4 scenarios of GrayLedger
      ----
      *Flood* (production)
      RTO 4 h, RPO 1 h, 1 human step
      water; &lt;!here&gt;
      \`/dr recover flood --system grayledger\`
      *Damage* (production)
      RTO 4 h, RPO 1 h, no human steps
      \`/dr recover damage &lt;backup&gt; --system grayledger\`
      *Deletion* (production)
      RTO 4 h, RPO 1 h, no human steps
      \`/dr recover deletion --at "&lt;time&gt;" --system grayledger\`
      *Rows* (production)
      RTO 4 h, RPO 1 h, no human steps
      \`/dr recover rows latest --table &lt;table&gt; --system grayledger\`"
    `);
  });

  it('that describes none say what to do instead', () => {
    const shown = render(scenariosMessage(systemOf()));
    expect(shown).toContain('describes no scenarios');
    expect(shown).toContain('/dr restore');
  });
});

describe('a human step', () => {
  const step = stepOf('s1', {
    action: 'person.task',
    effect: 'read',
    title: person.title,
    args: { title: person.title, instructions: person.instructions },
    undoable: false,
  });
  const plan = planOf({ steps: [step], gate: null, consent: { kind: 'none' } });
  const asked = { type: 'asked' as const, step: 's1', why: person.instructions };
  const operation = operationOf(plan, [begun('s1'), asked]);

  it('is asked for with its instructions and two buttons; nothing in it can ping', () => {
    const blocks = question(operation, new Date(minute(5))).filter((block) => block !== null);
    const shown = render({ text: 'x', blocks });
    expect(shown).toMatchInlineSnapshot(`
      "NOTIFICATION x
      ----
      *A person's turn:* step 1 of 1, “Order a server”, since 14:02 UTC.
      Ask &lt;!channel&gt; for one.
      • _Done_: whoever clicks vouches for it by name; the operation goes on.
      • _Abandon and undo_: no further step; what Holdfast did is taken back.
      ----
      [Done primary] [Abandon and undo danger asks “No further step is run. Everything done so far is taken back, last step first.”]"
    `);
    expect(situation(operation, new Date(minute(5)))).toBe("A person's turn: step 1 of 1, “Order a server”.");
  });

  it('is told in the thread, and who did it', () => {
    const answered = { type: 'answered' as const, step: 's1', by: BOB, verdict: 'happened' as const };
    const after = operationOf(plan, [begun('s1'), asked, answered]);
    const told = journalOf(plan, [begun('s1'), asked, answered]).map((entry) => note(after, entry, {}));
    const text = told.map((message) => (message === null ? '' : message.text)).filter((line) => line !== '');
    expect(text).toMatchInlineSnapshot(`
      [
        "Step 1 of 1, “Order a server”: a person's turn. Ask &lt;!channel&gt; for one.",
        "<@U02BOB> answered about step 1 of 1, “Order a server”: done.",
      ]
    `);
  });
});
