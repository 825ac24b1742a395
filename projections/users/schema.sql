-- Who there is. Names are the revealed text, null when sealed or erased.
CREATE TABLE rm.user (
  id            integer PRIMARY KEY,
  name          text,
  account_class text NOT NULL,
  key_hash      text,
  last_four     text,
  key_issued_at timestamptz,
  roles         text[] NOT NULL,
  worker_count  integer NOT NULL,
  registered_at timestamptz NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX user_by_key ON rm.user (key_hash);
CREATE INDEX user_by_age ON rm.user (registered_at, id);
