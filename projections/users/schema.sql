-- Who there is. Personal texts are the revealed ones, null when sealed or erased.
CREATE TABLE rm.user (
  id               integer PRIMARY KEY,
  name             text,
  account_class    text NOT NULL,
  key_hash         text,
  last_four        text,
  key_issued_at    timestamptz,
  roles            text[] NOT NULL,
  worker_count     integer NOT NULL,
  registered_at    timestamptz NOT NULL,
  concurrency      integer NOT NULL,
  worker_invited   integer NOT NULL,
  -- Thousandths.
  usage_multiplier integer NOT NULL,
  public_workers   boolean NOT NULL,
  contact          text,
  admin_comment    text,
  proxy_passkey    text,
  passkey_hash     text,
  -- Centikudos a month.
  monthly          bigint NOT NULL,
  suspicions       integer NOT NULL,
  erased           boolean NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX user_by_key ON rm.user (key_hash);
CREATE INDEX user_by_age ON rm.user (registered_at, id);

-- What a raised monthly entitlement credits at once, until that credit is in the log.
CREATE TABLE rm.monthly_due (
  grant_id uuid PRIMARY KEY,
  user_id  integer NOT NULL,
  amount   bigint NOT NULL
);
