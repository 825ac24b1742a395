-- Messages to workers, until some time after they have expired. Texts are the revealed ones, null when erased.
CREATE TABLE rm.worker_message (
  id         uuid PRIMARY KEY,
  -- Null: to every worker.
  worker     uuid,
  author     integer NOT NULL,
  message    text,
  origin     text,
  posted_at  timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  position   bigint NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX worker_message_of ON rm.worker_message (worker, expires_at);
CREATE INDEX worker_message_by ON rm.worker_message (author, position);
CREATE INDEX worker_message_expiry ON rm.worker_message (expires_at);
