#include "collectors/clients/mysql/mysql_locking_read.h"

#include <doctest/doctest.h>

#include <string>

namespace collectors {

TEST_CASE("a statement that asks MySQL for locks on its rows is told from others") {
  struct Case {
    std::string statement;
    bool asks;
  };
  const Case cases[] = {
      {"SELECT a FROM t", false},
      {"SELECT a FROM t FOR UPDATE", true},
      {"SELECT a FROM t for\tshare OF t SKIP LOCKED", true},
      {"SELECT a FROM t LOCK IN SHARE MODE", true},
      {"SELECT (SELECT a FROM t lock  in\nshare/**/mode) AS a", true},
      {"SELECT a FROM t /*! FOR UPDATE */", true},
      {"SELECT a FROM t /*!50000FOR UPDATE*/", true},
      {"SELECT a FROM t /*M!100100 LOCK IN SHARE MODE */", true},
      {"SELECT a FROM t FOR -- so\n UPDATE", true},
      {"SELECT 'it''s' AS a FROM t FOR UPDATE", true},
      {"SELECT 'it\\'s' AS a FROM t FOR UPDATE", true},
      {"SELECT 'a\\' AS a FROM t FOR UPDATE", true},
      {"SELECT `a\\` FROM t FOR UPDATE", true},
      {"SELECT 'FOR UPDATE' AS a, \"FOR SHARE\" AS b FROM t", false},
      {"SELECT `for` `update` FROM t", false},
      {"SELECT a FROM t -- FOR UPDATE", false},
      {"SELECT a FROM t # FOR UPDATE\n", false},
      {"SELECT a FROM t /* FOR UPDATE */", false},
      {"SELECT a FROM t /* FOR UPDATE", false},
      {"SELECT a--1 FROM t FOR UPDATE", true},
      {"SELECT substring(a FROM 1 FOR 2) FROM t USE INDEX FOR JOIN (i)", false},
      {"SELECT for_update, forupdate FROM lock_in_share_mode", false},
      {"SELECT 'open", false},
      {"", false},
  };
  for (const Case& one : cases) {
    CAPTURE(one.statement);
    CHECK(AsksForRowLocks(one.statement) == one.asks);
  }
}

}  // namespace collectors
