-- What everybody has, folded from the ledger blocks of all events. Every amount is in centikudos.
CREATE TABLE rm.balance (
  user_id                     integer PRIMARY KEY,
  account_class               text,
  spendable                   bigint NOT NULL,
  escrow                      bigint NOT NULL,
  -- Increases recorded outside account-{user}: the term that a payer's decider cannot see in its own stream.
  credits_elsewhere_spendable bigint NOT NULL,
  credits_elsewhere_escrow    bigint NOT NULL,
  held                        bigint NOT NULL,
  -- How `spendable` came about: opening + these eight = spendable.
  opening                     bigint NOT NULL,
  accumulated                 bigint NOT NULL,
  gifted                      bigint NOT NULL,
  donated                     bigint NOT NULL,
  received                    bigint NOT NULL,
  admin                       bigint NOT NULL,
  recurring                   bigint NOT NULL,
  awarded                     bigint NOT NULL,
  styled                      bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX balance_by_kudos ON rm.balance (spendable DESC, user_id);

CREATE TABLE rm.system_account (
  account text PRIMARY KEY,
  balance bigint NOT NULL
) WITH (fillfactor = 50);
