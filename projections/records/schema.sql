-- What everybody asked for and did, by kind of work: image, text or interrogation.
CREATE TABLE rm.record (
  user_id integer NOT NULL,
  record  text    NOT NULL, -- request, usage, fulfillment, contribution or style
  kind    text    NOT NULL,
  -- Requests, jobs, forms and tokens are counted; images' usage and contribution are in hundredths of a megapixelstep.
  -- Usage is in thousandths of that: a multiplier of its user scales it (horde-rules §1.5).
  amount  bigint  NOT NULL,
  PRIMARY KEY (user_id, record, kind)
) WITH (fillfactor = 70);

-- When somebody last asked for something or made something, and what scales the usage record.
CREATE TABLE rm.activity (
  user_id          integer PRIMARY KEY,
  last_active_at   timestamptz,
  -- Thousandths.
  usage_multiplier integer NOT NULL
) WITH (fillfactor = 70);
