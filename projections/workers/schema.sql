-- Workers: what they declared, what they did. Names are the revealed text, null when sealed or erased.
CREATE TABLE rm.worker (
  id                  uuid PRIMARY KEY,
  kind                text NOT NULL,
  owner               integer NOT NULL,
  name                text,
  name_hash           text NOT NULL,
  declaration         json,
  maintenance         boolean NOT NULL,
  maintenance_message text,
  paused              boolean NOT NULL,
  registered_at       timestamptz NOT NULL,
  fulfilled           bigint NOT NULL,
  -- Centikudos that its jobs were worth.
  kudos_generated     bigint NOT NULL,
  -- Pixelsteps or tokens of its settled jobs.
  things              bigint NOT NULL,
  uncompleted_jobs    bigint NOT NULL,
  -- Ms for which it was ready, the centikudos for that, and up to when it is counted.
  uptime_ms           bigint NOT NULL,
  uptime_kudos        bigint NOT NULL,
  uptime_through      timestamptz NOT NULL,
  -- Tenths of things per second of the last 20 jobs, oldest first.
  samples             bigint[] NOT NULL
) WITH (fillfactor = 60);
CREATE INDEX worker_by_owner ON rm.worker (owner);
CREATE INDEX worker_by_name ON rm.worker (name);
CREATE INDEX worker_by_name_hash ON rm.worker (name_hash);

-- Jobs at workers: when each was handed out, until its sample of speed is taken.
CREATE TABLE rm.worker_assignment (
  job         uuid PRIMARY KEY,
  assigned_at timestamptz NOT NULL
) WITH (fillfactor = 60);
