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
  info                text,
  -- The one that it is in.
  team                uuid,
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
CREATE INDEX worker_by_team ON rm.worker (team) WHERE team IS NOT NULL;

-- Jobs at workers: when each was handed out, until its sample of speed is taken.
CREATE TABLE rm.worker_assignment (
  job         uuid PRIMARY KEY,
  worker      uuid NOT NULL,
  assigned_at timestamptz NOT NULL
) WITH (fillfactor = 60);
CREATE INDEX worker_assignment_of ON rm.worker_assignment (worker);

-- Jobs that workers gave back or lost, of the last hour before each one's newest, since it was last put into maintenance for them.
CREATE TABLE rm.worker_abort (
  job        uuid PRIMARY KEY,
  worker     uuid NOT NULL,
  aborted_at timestamptz NOT NULL,
  position   bigint NOT NULL
) WITH (fillfactor = 60);
CREATE INDEX worker_abort_of ON rm.worker_abort (worker, aborted_at);

-- Jobs delivered faster than anybody can, until their worker is suspected of it.
CREATE TABLE rm.worker_fast_job (
  job    uuid PRIMARY KEY,
  worker uuid NOT NULL,
  owner  integer NOT NULL
) WITH (fillfactor = 60);

-- How workers stand with the moderators. A worker is suspected before it is registered, if its name says so, and it is never forgotten.
CREATE TABLE rm.worker_standing (
  worker     uuid PRIMARY KEY,
  owner      integer NOT NULL,
  suspicions integer NOT NULL,
  paused     boolean NOT NULL,
  -- When a pause began or ended last: its uptime counts from there.
  paused_at  timestamptz
) WITH (fillfactor = 60);
CREATE INDEX worker_standing_of ON rm.worker_standing (owner);
