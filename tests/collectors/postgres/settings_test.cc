#include "collectors/postgres/settings.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/support/capture.h"
#include "tests/support/scripted_sql.h"
#include "tests/support/taken.h"

namespace collectors {
namespace {

using Cell = std::optional<std::string>;

const std::vector<std::string> kColumns = {"name", "setting", "unit", "vartype"};

std::map<std::string, double> Mapped(std::vector<std::vector<Cell>> cells) {
  std::map<std::string, double> values;
  for (const Setting& setting : MapSettings({kColumns, std::move(cells)}).settings) {
    values[setting.metric] = setting.value;
  }
  return values;
}

std::string ShortVersionOf(const std::string& version) {
  return MapSettings({kColumns, {{"", version, "", "version"}}}).short_version;
}

}  // namespace

TEST_CASE("a setting has its base unit's name and value, and -1 stays") {
  struct Case {
    const char *name, *value, *unit, *type, *metric;
    double expected;
  };
  const Case cases[] = {
      {"fsync", "on", "", "bool", "pg_settings_fsync", 1},
      {"jit", "off", "", "bool", "pg_settings_jit", 0},
      {"max_connections", "100", "", "integer", "pg_settings_max_connections", 100},
      {"seq_page_cost", "1.5", "", "real", "pg_settings_seq_page_cost", 1.5},
      {"deadlock_timeout", "1500", "ms", "integer", "pg_settings_deadlock_timeout_seconds", 1.5},
      {"vacuum_cost_delay", "0.3", "ms", "real", "pg_settings_vacuum_cost_delay_seconds",
       0.3 / 1e3},
      {"checkpoint_timeout", "300", "s", "integer", "pg_settings_checkpoint_timeout_seconds", 300},
      {"log_rotation_age", "1440", "min", "integer", "pg_settings_log_rotation_age_seconds", 86400},
      {"some_age", "2", "h", "integer", "pg_settings_some_age_seconds", 7200},
      {"some_age", "2", "d", "integer", "pg_settings_some_age_seconds", 172800},
      {"wal_segment_size", "16777216", "B", "integer", "pg_settings_wal_segment_size_bytes",
       0x1p24},
      {"work_mem", "4096", "kB", "integer", "pg_settings_work_mem_bytes", 0x1p22},
      {"shared_buffers", "16384", "8kB", "integer", "pg_settings_shared_buffers_bytes", 0x1p27},
      {"block", "3", "32kB", "integer", "pg_settings_block_bytes", 3 * 0x1p15},
      {"segment", "3", "16MB", "integer", "pg_settings_segment_bytes", 3 * 0x1p24},
      {"max_wal_size", "1024", "MB", "integer", "pg_settings_max_wal_size_bytes", 0x1p30},
      {"large", "2", "GB", "integer", "pg_settings_large_bytes", 0x1p31},
      {"large", "1", "TB", "integer", "pg_settings_large_bytes", 0x1p40},
      {"wal_keep", "-1", "MB", "integer", "pg_settings_wal_keep_bytes", -1},
      {"log_min_duration", "-1", "ms", "integer", "pg_settings_log_min_duration_seconds", -1},
      {"plpgsql.check_asserts", "on", "", "bool", "pg_settings_plpgsql_check_asserts", 1},
      {"cron.use-launcher", "off", "", "bool", "pg_settings_cron_use_launcher", 0},
      // As Aurora writes them: the unit in the value counts.
      {"apg_cache", "64MB", "kB", "integer", "pg_settings_apg_cache_bytes", 0x1p26},
      {"apg_cache", "64 MB", "MB", "integer", "pg_settings_apg_cache_bytes", 0x1p26},
      {"apg_wait", "30s", "s", "integer", "pg_settings_apg_wait_seconds", 30},
  };
  for (const Case& c : cases) {
    CAPTURE(c.name);
    const auto mapped = Mapped({{c.name, c.value, c.unit, c.type}});
    REQUIRE(mapped.size() == 1);
    CHECK(mapped.begin()->first == c.metric);
    CHECK(mapped.begin()->second == c.expected);
  }
}

TEST_CASE("a setting without a name, a unit or a value that can be told is left out") {
  const std::vector<Cell> cases[] = {
      {"a\nb", "1", "", "integer"},
      {"a\"} 1", "1", "", "integer"},
      {"app.\xFF", "1", "", "integer"},
      {"app.$x", "1", "", "integer"},
      {"app.it's", "on", "", "bool"},
      {"fsync", "maybe", "", "bool"},
      {"work_mem", "much", "kB", "integer"},
      {"work_mem", "", "kB", "integer"},
      {"work_mem", "5s", "kB", "integer"},
      {"work_mem", "5 apples", "kB", "integer"},
      {"plain", "64MB", "", "integer"},
      {"work_mem", "1", "apples", "integer"},
      {"work_mem", "1", "8", "integer"},
      {"work_mem", "1", "99999999999kB", "integer"},
      {"work_mem", std::nullopt, "kB", "integer"},
      {std::nullopt, "1", "", "integer"},
      {"too_few_columns", "1"},
  };
  for (const auto& cells : cases) {
    CAPTURE(cells[0].value_or("NULL"));
    CAPTURE(cells[1].value_or("NULL"));
    CHECK(Mapped({cells}).empty());
  }
}

TEST_CASE("of two settings that would be one metric the first one stands") {
  const auto mapped = Mapped({{"a.b", "1", "", "integer"},
                              {"a_b", "2", "", "integer"},
                              {"c", "3", "s", "integer"},
                              {"c_seconds", "4", "", "integer"}});
  CHECK(mapped ==
        std::map<std::string, double>{{"pg_settings_a_b", 1}, {"pg_settings_c_seconds", 3}});
}

TEST_CASE("the short version has three parts") {
  const std::pair<const char*, const char*> cases[] = {
      {"PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu", "15.18.0"},
      {"PostgreSQL 9.6.24 on x86_64", "9.6.24"},
      {"PostgreSQL 19beta1 on x86_64", "19.0.0"},
      {"PostgreSQL 16.", "16.0.0"},
      {"PostgreSQL", ""},
      {"", ""},
      {"PostgreSQL -1", ""},
      {"PostgreSQL devel", ""},
  };
  for (const auto& [version, expected] : cases) {
    CAPTURE_BOUND(version);
    CHECK(ShortVersionOf(version) == expected);
  }
}

TEST_CASE("settings and version carry the server where it is wanted") {
  const Rows rows{kColumns, {{"fsync", "on", "", "bool"}, {"", "PostgreSQL 15.18", "", "version"}}};
  exporter::FamilySet with;
  WriteSettings(MapSettings(rows), "db:5432", {}, with);
  CHECK(SamplesOf(std::move(with), "pg_settings_fsync") ==
        std::vector<std::pair<std::string, double>>{{"db:5432", 1}});
  exporter::FamilySet without;
  WriteSettings(MapSettings(rows), std::nullopt, {}, without);
  const auto families = exporter::testing::TakenFrom(std::move(without));
  REQUIRE(families.size() == 2);
  CHECK(families[0].family.metric[0].label.empty());
  CHECK(families[1].family.name == "pg_static");
  CHECK(families[1].family.type == prometheus::MetricType::Untyped);
  CHECK(families[1].family.metric[0].untyped.value == 1);
  REQUIRE(families[1].family.metric[0].label.size() == 2);
  CHECK(families[1].family.metric[0].label[0].value == "15.18.0");
  CHECK(families[1].family.metric[0].label[1].value == "PostgreSQL 15.18");
}

}  // namespace collectors
