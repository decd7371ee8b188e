-- Up to which delivery an account's bodies have been dropped, where it keeps them shorter than the rest.
CREATE TABLE body_retention (
  account_id uuid PRIMARY KEY,
  up_to uuid NOT NULL
);
