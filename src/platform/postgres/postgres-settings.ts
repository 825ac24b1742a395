/**
 * How the embedded server runs: two cores shared with Node, one machine, nobody replicates from it. Given on the command
 * line at every start, so that they follow the code and never an old file.
 */
export const POSTGRES_SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '', // no TCP port at all: only who may enter our 0700 directory can connect
  unix_socket_permissions: '0700',
  max_connections: '80',
  shared_buffers: '160MB',
  effective_cache_size: '1GB',
  work_mem: '16MB',
  maintenance_work_mem: '128MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  wal_buffers: '8MB',
  max_wal_size: '1GB',
  min_wal_size: '80MB',
  checkpoint_timeout: '10min',
  checkpoint_completion_target: '0.9',
  log_checkpoints: 'off',
  random_page_cost: '1.1',
  jit: 'off', // compiling costs more than any of our queries
  max_parallel_workers_per_gather: '0', // both cores are busy; also needs no /dev/shm, which containers keep small
  max_logical_replication_workers: '0',
  io_method: 'sync', // three I/O worker processes fewer
  idle_in_transaction_session_timeout: '60s',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_line_prefix: '',
  log_error_verbosity: 'terse', // details would quote rows, and rows hold prompts
  log_destination: 'stderr',
  logging_collector: 'off',
};
