#include "collectors/celery/tasks/label_table.h"

#include <doctest/doctest.h>

#include <string>

namespace collectors {

TEST_CASE("half of a table's places are left to values that were heard") {
  LabelTable table(10);
  for (int i = 0; i < 20; ++i) table.InternSparing("spare" + std::to_string(i));
  CHECK(table.InternSparing("spare0") == table.Find("spare0"));
  CHECK(table.InternSparing("late") == kFoldedLabel);
  for (int i = 0; i < 5; ++i) CHECK(table.Intern("heard" + std::to_string(i)) != kFoldedLabel);
  CHECK(table.InternSparing("heard0") == table.Find("heard0"));
}

}  // namespace collectors
