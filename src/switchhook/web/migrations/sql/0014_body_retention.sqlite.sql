-- Up to which delivery an account's bodies have been dropped, where it keeps them shorter than the rest.
CREATE TABLE body_retention (
  account_id char(32) PRIMARY KEY,
  up_to char(32) NOT NULL
);
