import type { Migration } from './migrate.js';

/** What outlives every rebuild: keys, content that expires, and how far each read model is. */
export const PLATFORM_MIGRATIONS: readonly Migration[] = [
  {
    name: '0001-vault',
    // An erased subject keeps its row without a key, so that nothing is ever sealed for it under a new one.
    sql: `
      CREATE SCHEMA vault;
      CREATE TABLE vault.subject_key (
        subject text PRIMARY KEY,
        wrapped bytea,
        created_at timestamptz NOT NULL DEFAULT now()
      );`,
  },
  {
    name: '0002-content',
    // Times are ours (ms since 1970), never the database's: one clock decides what has expired.
    sql: `
      CREATE SCHEMA content;
      CREATE TABLE content.item (
        id text PRIMARY KEY,
        kind text NOT NULL,
        body text NOT NULL,
        expires_at bigint NOT NULL
      );
      CREATE INDEX item_expires_at ON content.item (expires_at);`,
  },
  {
    name: '0003-read-model-checkpoints',
    // advance() fails instead of touching no row, so that a whole transaction can be sent without waiting for answers:
    // who is not where it believed to be (a zombie) has its transaction rolled back by PostgreSQL itself.
    sql: `
      CREATE SCHEMA rm;
      CREATE TABLE rm.checkpoint (
        name text PRIMARY KEY,
        version integer NOT NULL,
        position bigint NOT NULL,
        store_id text,
        epoch integer NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      ) WITH (fillfactor = 50);
      CREATE FUNCTION rm.advance(of_name text, of_epoch integer, old_position bigint, new_position bigint) RETURNS void
      LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE rm.checkpoint SET position = new_position, updated_at = now()
        WHERE name = of_name AND epoch = of_epoch AND position = old_position;
        IF NOT FOUND THEN
          RAISE EXCEPTION 'checkpoint of % is not at %', of_name, old_position USING ERRCODE = 'HL001';
        END IF;
      END $$;`,
  },
  {
    name: '0004-notary-checkpoint',
    // The newest signed checkpoint of a ledger, for every process to show. One row a ledger, replaced four times a second.
    sql: `
      CREATE TABLE platform.notary_checkpoint (
        store_id text PRIMARY KEY,
        verifier_key text NOT NULL,
        size bigint NOT NULL,
        root bytea NOT NULL,
        position bigint NOT NULL,
        note text NOT NULL,
        signed_at bigint NOT NULL
      ) WITH (fillfactor = 50);`,
  },
  {
    name: '0005-worker-presence',
    // When workers were here last, and since when without a gap: lost with a process's memory otherwise, and unknown to the
    // other nodes. No event says it, and nothing but a few minutes of uptime depends on it. Times are ours (ms since 1970).
    sql: `
      CREATE TABLE platform.worker_presence (
        worker uuid PRIMARY KEY,
        since_ms bigint NOT NULL,
        seen_ms bigint NOT NULL
      ) WITH (fillfactor = 50);
      CREATE INDEX worker_presence_seen ON platform.worker_presence (seen_ms);`,
  },
  {
    name: '0027-node-presence',
    // Which nodes serve now: they share the front of the queue. By the database's clock, as those of the nodes differ. No event
    // says it, and nothing but the number of races for a job depends on it.
    sql: `
      CREATE TABLE platform.node_presence (
        node text PRIMARY KEY,
        seen_at timestamptz NOT NULL
      ) WITH (fillfactor = 50);`,
  },
  {
    name: '0029-served-until',
    // The last moment (ms since 1970) at which any node of a horde served: its next start, or its recovery, tells from it how
    // long nobody could be reached. One row a ledger, written every second.
    sql: `
      CREATE TABLE platform.served_until (
        store_id text PRIMARY KEY,
        served_ms bigint NOT NULL
      ) WITH (fillfactor = 50);`,
  },
  {
    name: '0031-addresses',
    // Where workers come from, and who is kept out: never in events, and forgotten in time (docs/decisions/0031). Found by keyed
    // hashes, read only with the master key. Times are ours (ms since 1970).
    sql: `
      CREATE TABLE platform.address_block (
        address_hash text PRIMARY KEY,
        block uuid NOT NULL,
        sealed bytea NOT NULL,
        worker uuid,
        until_ms bigint NOT NULL
      );
      CREATE TABLE platform.worker_address (
        worker uuid PRIMARY KEY,
        subscriber_hash text NOT NULL,
        sealed bytea NOT NULL,
        seen_ms bigint NOT NULL
      ) WITH (fillfactor = 70);
      CREATE INDEX worker_address_subscriber ON platform.worker_address (subscriber_hash);
      CREATE INDEX worker_address_seen ON platform.worker_address (seen_ms);`,
  },
  {
    name: '0033-webhook-deliveries',
    // What is still to be told to the senders of requests, and how far the log has been read for it: moved in one transaction,
    // so that each delivered job becomes a row once. Not a read model: a rebuild would tell everybody everything again.
    // A row that is being delivered is not due until its lease ends. Times are ours (ms since 1970).
    sql: `
      CREATE TABLE platform.webhook_cursor (
        store_id text PRIMARY KEY,
        position bigint NOT NULL
      ) WITH (fillfactor = 50);
      CREATE TABLE platform.webhook_delivery (
        store_id text NOT NULL,
        job uuid NOT NULL,
        request uuid NOT NULL,
        position bigint NOT NULL,
        reward bigint NOT NULL,
        form integer,
        host text NOT NULL,
        caller text NOT NULL,
        attempts integer NOT NULL,
        due_ms bigint NOT NULL,
        expires_ms bigint NOT NULL,
        PRIMARY KEY (store_id, job)
      ) WITH (fillfactor = 80);
      CREATE INDEX webhook_delivery_due ON platform.webhook_delivery (store_id, due_ms);`,
  },
  {
    name: '0038-webhook-deliveries-by-caller',
    // How many rows of a caller there are is asked whenever more come.
    sql: 'CREATE INDEX webhook_delivery_caller ON platform.webhook_delivery (store_id, caller);',
  },
  {
    name: '0039-address-offences',
    // How often prompts that nobody may send came from an address: each time-out is longer than the one before, on whatever node, also
    // after a restart. Found by the keyed hash only, and forgotten after a day (docs/decisions/0037). Times are ours (ms since 1970).
    sql: `
      CREATE TABLE platform.address_offence (
        address_hash text PRIMARY KEY,
        offences integer NOT NULL,
        until_ms bigint NOT NULL
      );`,
  },
];
