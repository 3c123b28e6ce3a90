CREATE TABLE tasks (id bigint PRIMARY KEY, organization_id int, status text, priority text,
                    created_at timestamptz, due_at timestamptz, finished_at timestamptz);
INSERT INTO tasks
SELECT i, i % 3, (ARRAY['PENDING', 'RUNNING', 'COMPLETED'])[1 + i % 3 % 2 + i % 2],
       (ARRAY['low', 'high'])[1 + i % 2], now() - i * interval '1 minute',
       now() + (i - 500) * interval '1 minute', NULL
FROM generate_series(1, 1000) AS i;
-- Ten that finished a moment ago, after 5 s, 50 s, 500 s in turn.
UPDATE tasks SET finished_at = created_at + (ARRAY[5, 50, 500])[1 + id % 3] * interval '1 second'
WHERE id <= 10;
