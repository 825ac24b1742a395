-- Teams and what their workers did for them while they were in them. Texts are revealed, null when sealed or erased. Who is in a team stands in rm.worker.
CREATE TABLE rm.team (
  id         uuid PRIMARY KEY,
  owner      integer NOT NULL,
  name       text,
  name_hash  text NOT NULL,
  info       text,
  -- In the order in which they were made.
  position   bigint NOT NULL,
  -- Settled jobs of image workers, the centikudos that they were worth, and their pixelsteps.
  fulfilled  bigint NOT NULL,
  kudos      bigint NOT NULL,
  things     bigint NOT NULL,
  -- Seconds of rewarded uptime of workers of all kinds.
  uptime_s   bigint NOT NULL
) WITH (fillfactor = 60);
CREATE INDEX team_by_owner ON rm.team (owner);
