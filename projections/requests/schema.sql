-- What a client is told of its request, and where the results of its jobs lie.
CREATE TABLE rm.request (
  id           uuid PRIMARY KEY,
  kind         text NOT NULL,
  payer        integer NOT NULL,
  jobs         integer NOT NULL,
  waiting      integer NOT NULL,
  processing   integer NOT NULL,
  finished     integer NOT NULL,
  -- Jobs that faulted or ran out of time; each went back to the queue.
  restarted    integer NOT NULL,
  -- Cancelled, faulted or expired: nothing is handed out any more, and nothing goes back to the queue.
  closed       boolean NOT NULL,
  cancelled    boolean NOT NULL,
  faulted      boolean NOT NULL,
  extra_slow   boolean NOT NULL,
  shared       boolean NOT NULL,
  r2           boolean NOT NULL,
  -- Centikudos: the activation price and the debits of the settled jobs.
  consumed     bigint NOT NULL,
  -- The shared key that it was asked for with, by its name in events.
  shared_key   text,
  models       json NOT NULL,
  features     json NOT NULL,
  accepted_at  timestamptz NOT NULL,
  activity_at  timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  outcome      text,
  completed_at timestamptz
) WITH (fillfactor = 80);
CREATE INDEX request_by_payer ON rm.request (payer, expires_at) WHERE payer <> 0;
CREATE INDEX request_by_shared_key ON rm.request (shared_key, expires_at) WHERE shared_key IS NOT NULL;

CREATE TABLE rm.job (
  id           uuid PRIMARY KEY,
  request      uuid NOT NULL,
  -- Position of the assignment in the log: the order of the jobs of a request.
  ordinal      bigint NOT NULL,
  worker       uuid NOT NULL,
  worker_owner integer NOT NULL,
  model        text NOT NULL,
  state        text NOT NULL,
  assigned_at  timestamptz NOT NULL,
  deadline     timestamptz NOT NULL,
  submitted_at timestamptz,
  verdict      text,
  seed         bigint,
  result       text,
  price        bigint,
  -- Alchemy: the form in the request's list, and whether it was given back for the last time.
  form         integer,
  final        boolean NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX job_by_request ON rm.job (request, ordinal);
