CREATE TABLE daily_usage_metrics (
  tenant_id int, day date, total_tokens bigint, requests bigint, failures bigint,
  avg_duration_ms double precision, PRIMARY KEY (tenant_id, day));
-- Three tenants for ten days up to today; the third has no finished request.
INSERT INTO daily_usage_metrics
SELECT tenant, current_date - day, 1000 * tenant + day, 10 * tenant, tenant - 1,
       CASE WHEN tenant < 3 THEN 250.0 * tenant END
FROM generate_series(1, 3) AS tenant, generate_series(0, 9) AS day;
