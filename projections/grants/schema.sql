-- Monthly thanks: who may have a claim to them, and up to where each has been thanked. Amounts in centikudos.
CREATE TABLE rm.monthly_thanks (
  user_id         integer PRIMARY KEY,
  entitlement     bigint NOT NULL,
  entitled_since  timestamptz,
  moderator_since timestamptz,
  deleted         boolean NOT NULL,
  -- When this user was thanked first, and up to where it has been thanked.
  since           timestamptz,
  cursor          timestamptz
) WITH (fillfactor = 70);

-- Issued, and the account that repays it has not come to it yet.
CREATE TABLE rm.unrepaid_grant (
  grant_key text PRIMARY KEY,
  month     text NOT NULL,
  amount    bigint NOT NULL,
  position  bigint NOT NULL
) WITH (fillfactor = 70);

-- What was issued in each month, and what of it was repaid.
CREATE TABLE rm.thanks_month (
  month  text PRIMARY KEY,
  grants bigint NOT NULL,
  issued bigint NOT NULL,
  repaid bigint NOT NULL
) WITH (fillfactor = 50);
