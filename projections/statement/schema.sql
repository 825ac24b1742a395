-- Every transaction, and what each did to each user: statements with a running balance, and the index of transaction ids.
CREATE TABLE rm.transaction (
  -- A second transaction with the same id stops the projector: it must not exist (I8).
  tx_id        uuid PRIMARY KEY,
  position     bigint NOT NULL,
  stream       text NOT NULL,
  revision     integer NOT NULL,
  kind         text NOT NULL,
  event_id     uuid NOT NULL,
  event_type   text NOT NULL,
  effective_at timestamptz NOT NULL,
  reverses     uuid,
  request      uuid,
  job          uuid,
  -- Of a transfer: the recipient's shared key that it was for, and the fingerprint of the list that it stood in.
  shared_key   text,
  bulk_list    text,
  -- account amount account amount …
  postings     text NOT NULL,
  -- What a reversal or a compensation could not take; null of every other kind.
  receivable   bigint,
  -- Keyed hash of the Idempotency-Key that a reversal was asked for with.
  idem         text
);
-- Nothing is taken back twice: a second reversal stops the projector, too.
CREATE UNIQUE INDEX transaction_reversals ON rm.transaction (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX transaction_keys ON rm.transaction (idem) WHERE idem IS NOT NULL;

-- The gifts of the last minute, which a starting node needs for their cool-down.
CREATE INDEX transaction_transfers ON rm.transaction (effective_at) WHERE kind = 'transfer';

CREATE TABLE rm.entry (
  user_id         integer NOT NULL,
  position        bigint NOT NULL,
  tx_id           uuid NOT NULL,
  spendable       bigint NOT NULL,
  escrow          bigint NOT NULL,
  spendable_after bigint NOT NULL,
  escrow_after    bigint NOT NULL,
  PRIMARY KEY (user_id, position)
);

-- Where each user's statement ends, and the last event of the user's account stream that is in it.
CREATE TABLE rm.statement_head (
  user_id          integer PRIMARY KEY,
  spendable        bigint NOT NULL,
  escrow           bigint NOT NULL,
  account_revision integer NOT NULL
) WITH (fillfactor = 70);
