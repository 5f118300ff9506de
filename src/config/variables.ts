// The environment variables of Holdfast: the reference that the README is checked against.

export type Variable = {
  readonly name: string;
  /** `true`, `false`, or the condition under which it is. */
  readonly required: boolean | string;
  /** As it is used when the variable is not set; null when there is none. */
  readonly default: string | null;
  readonly meaning: string;
};

export const VARIABLES = [
  {
    name: 'DATABASE_URL',
    required: true,
    default: null,
    meaning:
      'PostgreSQL connection string of the database that Holdfast keeps its operations in. ' +
      'It must not be a database that Holdfast can restore.',
  },
  {
    name: 'REDIS_URL',
    required: true,
    default: null,
    meaning: 'Redis that wakes the workers (redis:// or rediss://). Its maxmemory-policy must be noeviction.',
  },
  { name: 'SLACK_BOT_TOKEN', required: true, default: null, meaning: 'Bot token of the Slack app (xoxb-…).' },
  {
    name: 'SLACK_APP_TOKEN',
    required: 'without SLACK_SIGNING_SECRET',
    default: null,
    meaning: 'App-level token (xapp-…). When it is set, Slack is reached by Socket Mode and no port is opened.',
  },
  {
    name: 'SLACK_SIGNING_SECRET',
    required: 'without SLACK_APP_TOKEN',
    default: null,
    meaning: 'Signing secret of the Slack app. Without an app token, Slack posts its signed requests to PORT.',
  },
  {
    name: 'PORT',
    required: false,
    default: '3000',
    meaning: 'Port for the requests of Slack. Not used in Socket Mode.',
  },
  {
    name: 'HOST',
    required: false,
    default: '127.0.0.1',
    meaning: 'Address that PORT and HEALTH_PORT are opened on. In a container that is reached from outside: 0.0.0.0.',
  },
  {
    name: 'HEALTH_PORT',
    required: false,
    default: null,
    meaning:
      'Port that answers GET /healthz (is this process alive, and does it reach its database?), /readyz (can it do its work?), /metrics (for Prometheus) and /queue (jobs and open operations, as JSON). Closed when not set.',
  },
  {
    name: 'METRICS_TOKEN',
    required: false,
    default: null,
    meaning:
      'Whoever reads /metrics and /queue sends it as a bearer token. When not set, they answer this machine alone.',
  },
  {
    name: 'SLACK_API_URL',
    required: false,
    default: 'https://slack.com/api/',
    meaning: "Address of Slack's Web API; another one is only of use in a sandbox.",
  },
  { name: 'SYSTEMS_DIR', required: false, default: 'systems/', meaning: 'Folder of the system files (*.yml, *.yaml).' },
  {
    name: 'WORK_DIR',
    required: false,
    default: 'holdfast in the folder for temporary files',
    meaning: 'Folder for downloads and scratch databases; needs room for the largest backup and its restored data.',
  },
  {
    name: 'AUDIT_FILE',
    required: false,
    default: null,
    meaning:
      'File that every journal entry is appended to, as a second audit record beside the database; an absolute path on another disk, or one that is shipped elsewhere. When it cannot be written, no step that changes something starts.',
  },
  {
    name: 'CODES_FILE',
    required: 'by environments with consent.secondFactor: totp',
    default: null,
    meaning:
      'Absolute path of the file with the keys of one-time codes, a user id and a key per line, readable by Holdfast alone (`npm start -- totp U0123ABCD` makes a key). Approvals take a code where an environment asks for it.',
  },
  {
    name: 'SIGNERS_FILE',
    required: 'by environments with consent.secondFactor: ssh',
    default: null,
    meaning:
      'Absolute path of the file with the public ssh keys of approvers, a user id and a key per line (the allowed_signers format of ssh-keygen), writable by its owner alone. Approvals take a signature where an environment asks for it.',
  },
  {
    name: 'MASKING_KEY',
    required: 'by systems with masked environments',
    default: null,
    meaning:
      'A long random text from which the numbers in masked values are derived: the same text gives the same values in ' +
      'every restore. Whoever knows it can try out to whom a number belongs.',
  },
  {
    name: 'PATH',
    required: false,
    default: '/usr/local/bin:/usr/bin:/bin',
    meaning: 'Where programs are looked for: those of PostgreSQL (pg_restore, initdb, postgres) among others.',
  },
  {
    name: 'LOG_LEVEL',
    required: false,
    default: 'info',
    meaning: 'Least important messages that are logged: debug, info, warn, error or silent.',
  },
  {
    name: 'HEROKU_API_KEY',
    required: 'by systems on the platform heroku',
    default: null,
    meaning: 'Key of a Heroku account that may manage the apps and their databases.',
  },
  {
    name: 'HEROKU_HOST',
    required: false,
    default: 'heroku.com',
    meaning: "Heroku's own setting of the same name: the host of its API, or an address in a sandbox.",
  },
  {
    name: 'HEROKU_DATA_HOST',
    required: false,
    default: 'api.data.heroku.com',
    meaning: "Heroku's own setting of the same name: the host name of its Postgres API. The API key is sent there.",
  },
] as const satisfies readonly Variable[];

export type VariableName = (typeof VARIABLES)[number]['name'];
