// The configuration of a cluster that is recovered beside the live one: it can reach nobody and write into no archive.

export type RecoveredSettings = {
  readonly sockets: string;
  /** Recovery stops before the first commit after it; null: only where the archive ends. */
  readonly at: string | null;
  /** What `pg_controldata` says of the cluster. */
  readonly control: string;
};

/** Standby mode refuses to start with less than the live server had when it wrote its WAL. */
const AT_LEAST = {
  max_connections: ['max_connections', 200],
  max_worker_processes: ['max_worker_processes', 64],
  max_wal_senders: ['max_wal_senders', 64],
  max_prepared_transactions: ['max_prepared_xacts', 100],
  max_locks_per_transaction: ['max_locks_per_xact', 256],
} as const;

/**
 * Lines to be added to the end of postgresql.auto.conf, where nothing can overrule them: that file came along with the
 * live server's own settings.
 */
export function settingsOf({ sockets, at, control }: RecoveredSettings): string {
  const settings: Record<string, string> = {
    // Danger: with the live server's archive_command it would write its own WAL into the live repository.
    archive_mode: 'off',
    archive_command: '/bin/false',
    archive_cleanup_command: '',
    recovery_end_command: '',
    primary_conninfo: '',
    primary_slot_name: '',
    listen_addresses: '',
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    port: '5432',
    hot_standby: 'on',
    ssl: 'off',
    shared_preload_libraries: '',
    session_preload_libraries: '',
    local_preload_libraries: '',
    shared_buffers: '128MB',
    huge_pages: 'off',
    // They go to the file that pg_ctl is given, in words that can be recognised.
    logging_collector: 'off',
    log_destination: 'stderr',
    lc_messages: 'C',
    log_timezone: 'UTC',
    wal_retrieve_retry_interval: '1s',
    recovery_target_inclusive: 'on',
    recovery_target_timeline: 'latest',
    recovery_target_action: 'pause',
    // Any other target stands in files that are not restored, and an empty one beside this would be one too many.
    ...(at === null ? {} : { recovery_target_time: at.replace('T', ' ').replace('Z', '+00') }),
  };
  for (const [name, [inControl, least]] of Object.entries(AT_LEAST)) {
    const was = new RegExp(`^${inControl} setting:\\s+(\\d+)$`, 'm').exec(control)?.[1];
    settings[name] = String(Math.max(least, 2 * Number(was ?? 0)));
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');
}
