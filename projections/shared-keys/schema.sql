-- Shared keys of accounts, deleted ones included: a repeated transfer to one is still known for what it was. Amounts in centikudos.
CREATE TABLE rm.shared_key (
  -- The keyed hash that names it in events.
  key              text PRIMARY KEY,
  -- Whoever knows it may spend what the key may; null when sealed or erased, like the name.
  id               text,
  owner            integer NOT NULL,
  name             text,
  -- Own part of what may still be used (null: no limit); kudos sent to the key, less what `budget` counts already, come on top.
  budget           bigint,
  credited         bigint NOT NULL,
  sent             bigint NOT NULL,
  reserved         bigint NOT NULL,
  utilised         bigint NOT NULL,
  expires_at       timestamptz,
  max_image_pixels integer NOT NULL,
  max_image_steps  integer NOT NULL,
  max_text_tokens  integer NOT NULL,
  created_at       timestamptz NOT NULL,
  deleted_at       timestamptz
) WITH (fillfactor = 70);
CREATE INDEX shared_key_by_owner ON rm.shared_key (owner, created_at);
