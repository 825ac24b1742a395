-- What is unfinished: from here a node starts its live queue, and the reactors find what a crash has left undone.
-- Rows exist only for what is still open, so all five tables stay small.
CREATE TABLE rm.queue (
  request     uuid PRIMARY KEY,
  payer       integer NOT NULL,
  facts       json NOT NULL,
  waiting     integer NOT NULL,
  -- Job id -> {worker, owner, model, assignedAt, ttlS, form} of the jobs that are at a worker.
  pending     jsonb NOT NULL,
  faults      integer NOT NULL,
  submitted   integer NOT NULL,
  closed      boolean NOT NULL,
  extra_slow  boolean NOT NULL,
  activity_at timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  revision    integer NOT NULL,
  -- Alchemy: forms that nobody has taken, by their place in the request's list.
  waiting_forms integer[] NOT NULL
) WITH (fillfactor = 60);

-- The last hand-out of each payer: decides who has waited longest, refreshes the payer's waiting requests, and says from when they age. Of anonymous
-- users by address: 0/{tag}, where the tag begins with its day; those of earlier days are dropped as new ones come.
CREATE TABLE rm.handout (
  payer   text COLLATE "C" PRIMARY KEY,
  last_at timestamptz NOT NULL,
  ages_from timestamptz
) WITH (fillfactor = 60);

CREATE TABLE rm.open_authorization (
  request      uuid PRIMARY KEY,
  payer        integer NOT NULL,
  position     bigint NOT NULL,
  data         json NOT NULL,
  opened_at    timestamptz NOT NULL,
  accepted     boolean NOT NULL,
  abandoned    boolean NOT NULL,
  reversed     boolean NOT NULL,
  -- Delivered jobs, known once the request has completed.
  submitted    integer,
  completed_at timestamptz,
  settled      integer NOT NULL
) WITH (fillfactor = 60);

CREATE TABLE rm.unsettled_job (
  job          uuid PRIMARY KEY,
  request      uuid NOT NULL,
  payer        integer NOT NULL,
  position     bigint NOT NULL,
  data         json NOT NULL,
  submitted_at timestamptz NOT NULL
) WITH (fillfactor = 60);

-- What is set aside for single forms of alchemy; gone once the form is settled, given back, or its authorization closed.
CREATE TABLE rm.form_hold (
  job     uuid PRIMARY KEY,
  request uuid NOT NULL,
  payer   integer NOT NULL,
  amount  bigint NOT NULL
) WITH (fillfactor = 60);
CREATE INDEX form_hold_by_request ON rm.form_hold (request);
