CREATE TABLE organizations (id int PRIMARY KEY, name text, quota_bytes bigint);
CREATE TABLE files (id bigint PRIMARY KEY, organization_id int, bytes bigint, kind text,
                    deleted_at timestamptz);
-- The third has no quota and the fourth no file.
INSERT INTO organizations VALUES (1, 'a', 1000000), (2, 'b', 500000), (3, 'c', NULL), (4, 'd', 1000);
INSERT INTO files
SELECT i, 1 + i % 3, 1000, (ARRAY['image', 'text'])[1 + i % 2],
       CASE WHEN i % 10 = 0 THEN now() END
FROM generate_series(1, 900) AS i;
