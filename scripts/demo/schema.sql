-- The database of a small task application with several tenants. Run once, by
-- the superuser, in an empty database. The rows are the same at each load,
-- but for the clock: due dates, expiries and days are relative to now.
\getenv exporter_password EXPORTER_PASSWORD
\getenv shop_password SHOP_PASSWORD
SET client_min_messages = warning;

CREATE ROLE shop LOGIN PASSWORD :'shop_password';
-- Everything the exporter needs, and nothing more.
CREATE ROLE exporter LOGIN PASSWORD :'exporter_password' CONNECTION LIMIT 30;
GRANT pg_monitor TO exporter;

CREATE TABLE users (
  id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  email           text NOT NULL UNIQUE,
  created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE api_keys (
  id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  user_id    bigint NOT NULL REFERENCES users,
  is_active  boolean NOT NULL DEFAULT true,
  expires_at timestamptz
);
CREATE TABLE sessions (
  id           bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  user_id      bigint NOT NULL REFERENCES users,
  last_seen_at timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL
);
CREATE TABLE tasks (
  id              bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  status          text NOT NULL
    CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED')),
  priority        text NOT NULL CHECK (priority IN ('low', 'normal', 'high')),
  created_at      timestamptz NOT NULL DEFAULT now(),
  due_at          timestamptz
);
CREATE TABLE daily_usage_metrics (
  tenant_id       int NOT NULL,
  day             date NOT NULL,
  total_tokens    bigint NOT NULL,
  avg_duration_ms double precision,   -- NULL on a day without a finished task
  PRIMARY KEY (tenant_id, day)
);

INSERT INTO users (organization_id, email, created_at)
SELECT 1 + i % 8, format('user%s@example.com', i), now() - i * interval '1 hour'
FROM generate_series(1, 1200) AS i;

INSERT INTO api_keys (user_id, is_active, expires_at)
SELECT i, i % 5 <> 0, CASE i % 3 WHEN 0 THEN now() - interval '1 day'
                                 WHEN 1 THEN now() + interval '30 days' END
FROM generate_series(1, 400) AS i;

INSERT INTO sessions (user_id, last_seen_at, expires_at)
SELECT 1 + i % 1200, now() - i * interval '1 minute', now() + (2400 - i) * interval '1 minute'
FROM generate_series(1, 3000) AS i;

INSERT INTO tasks (organization_id, status, priority, created_at, due_at)
SELECT 1 + least(i % 8, i % 11),   -- some organizations are larger than others
       (ARRAY['PENDING', 'RUNNING', 'COMPLETED', 'COMPLETED', 'COMPLETED', 'FAILED'])[1 + i / 8 % 6],
       (ARRAY['low', 'normal', 'high'])[1 + i % 3],
       now() - i * interval '10 minutes',
       CASE WHEN i % 5 <> 0 THEN now() + (i % 200 - 100) * interval '6 hours' END
FROM generate_series(1, 6000) AS i;

-- Tomorrow too, so that a demo that runs past midnight keeps its series.
INSERT INTO daily_usage_metrics
SELECT tenant, current_date + day, 1000 * tenant + 10 * abs(day),
       CASE WHEN tenant <> 8 THEN 250.5 * tenant END
FROM generate_series(1, 8) AS tenant, generate_series(-30, 1) AS day;

CREATE INDEX ON tasks (organization_id, status);
GRANT SELECT ON users, api_keys, sessions, tasks, daily_usage_metrics TO exporter;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO shop;
ANALYZE;
