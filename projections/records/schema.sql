-- What everybody asked for and did, by kind of work: image, text or interrogation.
CREATE TABLE rm.record (
  user_id integer NOT NULL,
  record  text    NOT NULL, -- request, usage, fulfillment, contribution or style
  kind    text    NOT NULL,
  -- Requests, jobs, forms and tokens are counted; images' usage and contribution are in hundredths of a megapixelstep.
  amount  bigint  NOT NULL,
  PRIMARY KEY (user_id, record, kind)
) WITH (fillfactor = 70);
