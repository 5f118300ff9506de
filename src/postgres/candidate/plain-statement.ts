// What one statement of a plain SQL dump means for loading it: run in order, in parallel, left out, or refused.

/** `table` and the like are written as SQL: quoted where the dump quotes them. */
export type Kind =
  /** Of a matter that is the live server's (who owns what, who may do what), or of things that a new database does not have. */
  | { readonly is: 'skipped' }
  /** Left out as well, but somebody may miss it: "event trigger audit". */
  | { readonly is: 'left-out'; readonly what: string }
  /** Must not be in the dump of one database. `why` ends a sentence: "it ends the connection". */
  | { readonly is: 'refused'; readonly why: string }
  /** Holds for every statement and every COPY behind it. */
  | { readonly is: 'setting' }
  | { readonly is: 'encoding'; readonly name: string }
  | { readonly is: 'extension'; readonly name: string; readonly schema: string | null }
  | { readonly is: 'begin' }
  | { readonly is: 'end' }
  | { readonly is: 'insert'; readonly table: string }
  /** An index, or a constraint that is one. */
  | { readonly is: 'index' }
  | {
      readonly is: 'foreign-key';
      readonly table: string;
      readonly constraint: string;
      readonly references: string;
      readonly isValid: boolean;
    }
  /** `couples`: from here on rows of one table may depend on those of another. `data`: belongs to the data, as setval does. */
  | { readonly is: 'ordered'; readonly couples: boolean; readonly data: boolean };

const NAME = String.raw`(?:"(?:[^"]|"")*"|[^\s"'.,;()]+)`;
const TABLE = `${NAME}(?:\\s*\\.\\s*${NAME})*`;

type Rule = readonly [RegExp, (found: readonly string[], text: string) => Kind];
const rule = (pattern: string, kind: Rule[1]): Rule => [new RegExp(`^${pattern}`, 'is'), kind];
const skipped = (): Kind => ({ is: 'skipped' });
const refused = (why: string) => (): Kind => ({ is: 'refused', why });

const RULES: readonly Rule[] = [
  rule('(SET (SESSION )?SESSION AUTHORIZATION|RESET SESSION AUTHORIZATION|(SET|RESET) ROLE)\\b', skipped),
  // Everything goes where the new database is; and the newest timeout is unknown to servers before 17.
  rule('SET (SESSION )?(default_tablespace|transaction_timeout)\\b', skipped),
  rule('SET (SESSION )?(client_encoding|NAMES)\\b', (_found, text) => ({ is: 'encoding', name: encodingIn(text) })),
  rule('SET (?!LOCAL\\b|CONSTRAINTS\\b|TRANSACTION\\b)', () => ({ is: 'setting' })),
  rule(`SELECT (pg_catalog\\.)?set_config\\(`, () => ({ is: 'setting' })),
  rule('(GRANT|REVOKE|SECURITY LABEL|ALTER DEFAULT PRIVILEGES)\\b', skipped),
  rule(`ALTER .*\\bOWNER TO ${NAME} ?;$`, skipped),
  rule('(CREATE|DROP|ALTER|COMMENT ON) DATABASE\\b', skipped),
  // It is in every new database; pg_dump --clean makes it anew.
  rule('CREATE SCHEMA "?public"? ?;$', skipped),
  rule('COMMENT ON (EXTENSION|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION)\\b', skipped),
  rule('(CREATE (OR REPLACE )?|COMMENT ON )(TRUSTED )?(PROCEDURAL )?LANGUAGE "?plpgsql\\b', skipped),
  rule('(ALTER|DROP) (EXTENSION|EVENT TRIGGER|PUBLICATION|SUBSCRIPTION)\\b', skipped),
  rule(`CREATE EXTENSION (?:IF NOT EXISTS )?(${NAME})(?: WITH)?(?: SCHEMA (${NAME}))?`, ([, name, schema]) => ({
    is: 'extension',
    name: unquoted(name ?? ''),
    schema: schema === undefined ? null : unquoted(schema),
  })),
  rule(`CREATE (EVENT TRIGGER|PUBLICATION|SUBSCRIPTION) (${NAME})`, ([, what, name]) => ({
    is: 'left-out',
    what: `${what?.toLowerCase()} ${unquoted(name ?? '')}`,
  })),
  rule('COPY\\b', refused('COPY in it does not read rows from the dump itself')),
  rule('ALTER SYSTEM\\b', refused('ALTER SYSTEM changes the whole server')),
  rule(
    '(CREATE|ALTER|DROP) (ROLE|USER|GROUP|TABLESPACE)\\b(?! MAPPING)',
    refused('it changes what all databases share'),
  ),
  rule('(BEGIN|START TRANSACTION)\\b', () => ({ is: 'begin' })),
  rule('(COMMIT|END)\\b', () => ({ is: 'end' })),
  rule('(ROLLBACK|ABORT|PREPARE TRANSACTION|SAVEPOINT|RELEASE)\\b', refused('it takes back what it did before')),
  rule(`INSERT INTO (${TABLE}) (?!.*\\b(SELECT|nextval|currval|lastval)\\b)`, ([, table]) => ({
    is: 'insert',
    table: table ?? '',
  })),
  rule('CREATE (UNIQUE )?INDEX\\b', () => ({ is: 'index' })),
  rule(
    `ALTER TABLE (?:ONLY )?${TABLE} ADD CONSTRAINT ${NAME} (PRIMARY KEY|UNIQUE|EXCLUDE)\\b(?!.*\\b(USING INDEX|REFERENCES)\\b)`,
    () => ({
      is: 'index',
    }),
  ),
  rule(
    `ALTER TABLE (?:ONLY )?(${TABLE}) ADD CONSTRAINT (${NAME}) FOREIGN KEY ?\\([^()]*\\) REFERENCES (${TABLE})(?!.*, ADD)(.*NOT VALID\\b)?`,
    (found) => ({
      is: 'foreign-key',
      table: found[1] ?? '',
      constraint: found[2] ?? '',
      references: found[3] ?? '',
      isValid: found[4] === undefined,
    }),
  ),
];

/** `skeleton` and `text` as plain-parts tells them, in characters instead of bytes. */
export function kindOf(skeleton: string, text: string): Kind {
  for (const [pattern, kind] of RULES) {
    const found = pattern.exec(skeleton);
    if (found !== null) return kind(found, text);
  }
  return {
    is: 'ordered',
    couples:
      /^CREATE (OR REPLACE )?(CONSTRAINT )?(TRIGGER|RULE)\b/i.test(skeleton) ||
      /^(CREATE|ALTER) ([A-Z]+ )?TABLE\b.*\bREFERENCES\b/is.test(skeleton),
    data: /^SELECT\b/i.test(skeleton),
  };
}

/** The roles that the statement needs, although it gives them nothing: of a policy, and of a user mapping. */
export function rolesIn(skeleton: string): string[] {
  const names = NAMING_ROLES.exec(skeleton)?.slice(1).join(',');
  const each = names?.match(new RegExp(NAME, 'g')) ?? [];
  return each.filter((name) => !/^(public|user|current_user|current_role|session_user)$/i.test(name)).map(unquoted);
}

const NAMING_ROLES = new RegExp(
  `^CREATE (?:POLICY ${NAME} ON ${TABLE} .*?\\bTO (${NAME}(?: ?, ?${NAME})*)|USER MAPPING (?:IF NOT EXISTS )?FOR (${NAME}))`,
  'is',
);

/** Takes away what was there before: pg_dump --clean writes such statements in front of everything else. */
export function onlyRemoves(skeleton: string): boolean {
  return /^(DROP\b|ALTER .*\bDROP\b|SELECT (pg_catalog\.)?lo_unlink\()/i.test(skeleton);
}

/** The statement as it may be told to a person: without its values, on one line. */
export function nameOf(skeleton: string): string {
  const short = /^(INSERT INTO|COPY) ([^ (]+)/i.exec(skeleton)?.[0] ?? skeleton.replace(/[ ;]*$/, '');
  return short.length > 120 ? `${short.slice(0, 119)}…` : short;
}

function encodingIn(text: string): string {
  return (/(?:=|\bTO|\bNAMES)\s*'?([\w-]+)/i.exec(text)?.[1] ?? 'UTF8').toUpperCase();
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
}
