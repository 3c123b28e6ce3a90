CREATE TABLE users (id bigint PRIMARY KEY, organization_id int, last_seen_at timestamptz);
CREATE TABLE connections (id bigint PRIMARY KEY, user_id bigint REFERENCES users,
                          seen_at timestamptz, closed_at timestamptz);
INSERT INTO users SELECT i, i % 2, now() - i * interval '1 day' + interval '1 hour'
FROM generate_series(1, 60) AS i;
-- Ten users with two connections each; one of the ten is silent, one has closed both.
INSERT INTO connections
SELECT i, 1 + i % 10, now() - CASE WHEN i % 10 = 3 THEN interval '1 hour' ELSE interval '1 second' END,
       CASE WHEN i % 10 = 4 THEN now() END
FROM generate_series(0, 19) AS i;
