// Keep a proven candidate beside the live database, so that a restore in an emergency is only the exchange.
import { warmFor } from '../core/built.ts';
import type { OperationCommand } from '../core/command.ts';
import { Refusal } from '../core/errors.ts';
import type { PlanInput, Runbook } from '../core/runbook.ts';
import { megabytes } from '../core/wording.ts';
import { chooseBackup, factsOf, sourceStatements } from './backup-choice.ts';
import { buildCandidate } from './beside.ts';
import { idle } from './losses.ts';

type Warm = Extract<OperationCommand, { verb: 'warm' }>;

export const warm: Runbook<Warm> = {
  verb: 'warm',
  needs: (command, system) => ({
    capabilities: ['backups', 'server'],
    environments: [system.backups.of, command.environment],
    survey: [],
    writtenSince: () => null,
  }),
  plan: ({ command, ...given }: PlanInput<Warm>) => {
    const { system, facts, chosen } = given;
    const { environment } = command;
    const here = idle(factsOf(facts, environment), false);
    const { target, server } = here;
    const backup = chooseBackup(command.backup, system, facts);
    const standing = warmFor(server, system, environment, backup);
    if (standing !== undefined) {
      throw new Refusal(
        'already-warm',
        `${standing.name} of ${backup.id} stands ready beside ${target.name} already.`,
        `Use it with \`/dr restore ${environment} ${backup.id}\`.`,
      );
    }
    const from = { environment: system.backups.of, backup };
    const cost = server?.bytes == null ? 'about the size of the live database' : `about ${megabytes(server.bytes)}`;
    const ours = server?.warm.filter(({ built }) => built.system === system.name && built.environment === environment);
    const older = (ours ?? []).map(({ name, identity }) => ({
      action: 'candidate.drop' as const,
      title: `Remove the older one, ${name}`,
      args: { environment, candidate: name, identity, spare: true as const },
    }));
    return {
      environment,
      headline: `Keep ${backup.id} ready beside ${target.name}`,
      statements: [
        ...sourceStatements(backup, system, facts, chosen.now),
        { label: 'Disk', text: `${cost}, for as long as it is kept`, tone: 'plain' },
      ],
      pinned: { targets: [target], backup: from, release: null },
      steps: [...buildCandidate(given, environment, chosen.beside(environment).candidate, from), ...older],
      gate: null,
      undo: { possible: false, text: 'nothing is changed; a newer one takes its place' },
    };
  },
};
