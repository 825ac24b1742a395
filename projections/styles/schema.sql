-- Styles and collections of styles. Texts are the revealed ones, null when sealed or erased: such a style is found by nobody.
CREATE TABLE rm.style (
  id               uuid PRIMARY KEY,
  kind             text NOT NULL,
  owner            integer NOT NULL,
  name             text,
  name_hash        text NOT NULL,
  info             text,
  prompt           text,
  -- JSON, as the owner sent them.
  params           text,
  public           boolean NOT NULL,
  nsfw             boolean NOT NULL,
  tags             text[] NOT NULL,
  models           text[] NOT NULL,
  -- As events name it, and its id, by which it is used.
  shared_key       text,
  shared_key_id    text,
  parameter_policy json,
  template_fields  text,
  use_count        bigint NOT NULL,
  -- Position of its first event: its age among others.
  position         bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX style_by_owner ON rm.style (owner, position);
CREATE INDEX style_by_name ON rm.style (name, position);
CREATE INDEX style_by_use ON rm.style (kind, use_count DESC, position) WHERE public;

CREATE TABLE rm.style_example (
  id        uuid PRIMARY KEY,
  style     uuid NOT NULL,
  url       text,
  "primary" boolean NOT NULL,
  position  bigint NOT NULL
);
CREATE INDEX style_example_by_style ON rm.style_example (style, position);

CREATE TABLE rm.collection (
  id        uuid PRIMARY KEY,
  kind      text NOT NULL,
  owner     integer NOT NULL,
  name      text,
  name_hash text NOT NULL,
  info      text,
  public    boolean NOT NULL,
  -- In the order of its owner; styles that are gone stay here until it is changed.
  styles    uuid[] NOT NULL,
  use_count bigint NOT NULL,
  position  bigint NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX collection_by_owner ON rm.collection (owner, position);
CREATE INDEX collection_by_name ON rm.collection (name, position);
