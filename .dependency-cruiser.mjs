// The house's import rules: which room under src/ may import which, and who alone may touch the outside world.

/**
 * The import matrix of ARCHITECTURE.md. A name ending in `.ts` is a file directly under src/, any other a folder.
 * Every room may import itself. This object is the only place where the matrix is written down for a machine.
 */
export const may = {
  'main.ts': ['app.ts', 'app', 'config', 'lib'],
  'app.ts': ['*'],
  app: ['*'],
  core: [],
  runbooks: ['core'],
  archives: ['core', 'lib'],
  platforms: ['core', 'lib', 'postgres', 'archives'],
  postgres: ['core', 'lib'],
  operations: ['core', 'runbooks'],
  incidents: ['core'],
  reports: ['core', 'lib'],
  watch: ['core'],
  store: ['core', 'lib'],
  queue: ['core', 'lib'],
  people: ['core', 'lib'],
  progress: ['core'],
  messages: ['core'],
  notify: ['core', 'lib', 'messages'],
  handlers: ['core', 'operations', 'messages'],
  config: ['core'],
  lib: [],
};

const rooms = Object.keys(may);
const inRoom = (room) => (room.endsWith('.ts') ? `^src/${room.replace('.', '[.]')}$` : `^src/${room}/`);
const npm = (...names) => names.map((name) => `(^|/)node_modules/(@types/)?${name}/`);
const builtin = (...names) => names.map((name) => `^(node:)?${name}(/|$)`);

/** One rule per room: what it imports from src/ must be itself or a room that the matrix gives it. */
const matrix = rooms
  .filter((room) => !may[room].includes('*'))
  .map((room) => ({
    name: `${room}-stays-in-its-rooms`,
    comment:
      `${room} may import ${may[room].length > 0 ? may[room].join(', ') : 'no other room'}. A violation means that a ` +
      'decision was put in the wrong room: move it, or hand the thing in as an argument from app.ts.',
    severity: 'error',
    from: { path: inRoom(room) },
    to: { path: '^src/', pathNot: [room, ...may[room]].map(inRoom) },
  }));

/** Only the rooms in `rooms` may reach the modules in `modules`. */
const only = (name, comment, owners, modules) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: owners },
  to: { path: modules },
});

export default {
  forbidden: [
    ...matrix,
    {
      name: 'every-file-has-a-room',
      comment:
        'A file in src/ lies in no room of the matrix: put it into one, or add the room here and in ARCHITECTURE.md.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: rooms.map(inRoom) },
    },
    {
      name: 'no-circular',
      comment:
        'Two files import each other, types included: neither can be understood or changed alone. ' +
        'Move what both need into a third file, or let one of them receive it as an argument.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'platform-siblings-stay-apart',
      comment:
        'A platform reaches into another one: then neither can be added, changed or removed alone. ' +
        'What two of them need belongs into postgres/, lib/ or core/, or into direct/, on which those platforms stand ' +
        'whose PostgreSQL Holdfast reaches itself.',
      severity: 'error',
      from: { path: '^src/platforms/([^/]+)/' },
      to: { path: '^src/platforms/[^/]+/', pathNot: ['^src/platforms/$1/', '^src/platforms/(direct|shared)/'] },
    },
    {
      name: 'direct-is-below-the-platforms',
      comment:
        'platforms/direct is what compose, systemd and supabase stand on: nobody else may, and it must not know them.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/platforms/(direct|compose|systemd|supabase)/', inRoom('app.ts'), inRoom('app')],
      },
      to: { path: '^src/platforms/direct/' },
    },
    {
      name: 'shared-platform-code-is-wired-by-app',
      comment:
        'platforms/shared is composed by app.ts, and direct/ builds on it: a platform that imports it couples itself to ' +
        'its siblings by a back door.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/platforms/(shared|direct)/', inRoom('app.ts'), inRoom('app')] },
      to: { path: '^src/platforms/shared/' },
    },
    {
      name: 'core-is-pure',
      comment:
        'core/ holds nouns and rules: it may use itself, zod and node:crypto. Anything else is input or output, ' +
        'and belongs behind a contract that an outer room fulfils.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: ['^src/', ...npm('zod'), '^(node:)?crypto$'] },
    },
    {
      name: 'recipes-are-pure',
      comment:
        'runbooks/ turn facts into plans and do nothing else: no clock, no randomness, no input or output. ' +
        'What a recipe needs to know must be one of its facts.',
      severity: 'error',
      from: { path: '^src/runbooks/' },
      to: { pathNot: ['^src/', ...npm('zod')] },
    },
    {
      name: 'messages-are-pure',
      comment: 'messages/ turn data into Block Kit: they need the types of @slack/types and nothing that can act.',
      severity: 'error',
      from: { path: '^src/messages/' },
      to: { pathNot: ['^src/', ...npm('@slack/types', 'zod')] },
    },
    {
      name: 'messages-take-only-types-from-slack',
      comment:
        'messages/ may `import type` from @slack/types; code from there would make them depend on a client library.',
      severity: 'error',
      from: { path: '^src/messages/' },
      to: { path: npm('@slack/types'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'lib-knows-nothing-of-us',
      comment:
        'lib/ would be as useful in another product: it imports nothing of ours, so that every room may import it.',
      severity: 'error',
      from: { path: '^src/lib/' },
      to: { path: '^src/', pathNot: '^src/lib/' },
    },
    only(
      'only-exec-starts-processes',
      'A process is started outside lib/exec.ts, past its closed environment, its secrets handling and its limits.',
      ['^src/lib/exec[.]ts$'],
      [...npm('execa'), ...builtin('child_process', 'cluster', 'worker_threads')],
    ),
    only(
      'only-store-and-postgres-reach-the-database',
      'SQL is spoken outside store/ (our own database) and postgres/ (the databases that we protect).',
      ['^src/(store|postgres)/'],
      npm('pg', 'pg-[^/]+', 'kysely', 'node-pg-migrate'),
    ),
    only(
      'only-queue-reaches-redis',
      'The queue is a wake-up, never the truth: whoever else touches it begins to treat it as truth.',
      ['^src/queue/'],
      npm('bullmq', 'ioredis'),
    ),
    only(
      'only-the-slack-rooms-reach-slack',
      'Slack is reached past the handlers (what comes in), notify (what goes out) and people (who is who): ' +
        'what is said there would be neither authorised nor retried nor de-duplicated.',
      ['^src/(handlers|notify|people|messages)/', inRoom('app.ts')],
      npm('@slack/[^/]+'),
    ),
    only(
      'only-notify-outside-sends-mail',
      'Mail is sent past the sender, which sends none twice and lets none hold up the work.',
      ['^src/notify/outside/'],
      npm('nodemailer'),
    ),
    only(
      'only-reports-draw',
      'Pictures and PDFs are large libraries: they are loaded when a report is sent, by reports/ alone.',
      ['^src/reports/'],
      npm('vega', 'vega-lite', 'pdfmake', '@resvg/[^/]+'),
    ),
    only(
      'only-cron-reads-a-calendar',
      'When something is due is computed in one place, progress/cron.ts; elsewhere two answers could differ.',
      ['^src/progress/cron[.]ts$'],
      npm('croner'),
    ),
    only(
      'only-config-reads-yaml',
      'System files are read once, at start, by config/, which also checks them; elsewhere they would go unchecked.',
      ['^src/config/'],
      npm('yaml'),
    ),
    {
      name: 'the-product-knows-no-tests',
      comment: 'src/ imports something that is only there to try it out.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|sandbox|bench|faults)/' },
    },
    {
      name: 'the-sandbox-runs-the-product-from-outside',
      comment: 'sandbox/ runs Holdfast as a process, the way a user does; importing it would try something else.',
      severity: 'error',
      from: { path: '^sandbox/' },
      to: { path: '^(src|test|bench|faults)/' },
    },
    {
      name: 'every-import-is-there',
      comment: 'This import leads nowhere, so no other rule can judge it: mend the path or install the package.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    // Without it type-only imports, and so the knots that they tie, are invisible.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
