CREATE TABLE users (id bigint PRIMARY KEY, is_active boolean, created_at timestamptz);
CREATE TABLE api_keys (id bigint PRIMARY KEY, user_id bigint, is_active boolean,
                       expires_at timestamptz);
CREATE TABLE sessions (id bigint PRIMARY KEY, user_id bigint, expires_at timestamptz);
INSERT INTO users SELECT i, i % 4 <> 0, now() - i * interval '2 hours' + interval '1 hour'
FROM generate_series(1, 100) AS i;
-- Of each ten: two without expiry, five to come (one of them soon), two expired, one switched off.
INSERT INTO api_keys SELECT i, i, i % 10 <> 9, CASE
  WHEN i % 10 < 2 THEN NULL WHEN i % 10 = 2 THEN now() + interval '3 days'
  WHEN i % 10 < 7 THEN now() + interval '90 days' ELSE now() - interval '1 day' END
FROM generate_series(0, 99) AS i;
INSERT INTO sessions SELECT i, i, now() + (i - 50) * interval '1 hour' - interval '1 minute'
FROM generate_series(1, 120) AS i;
