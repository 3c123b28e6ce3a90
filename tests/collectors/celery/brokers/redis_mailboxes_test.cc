#include "collectors/celery/brokers/redis_mailboxes.h"

#include <doctest/doctest.h>

#include <string>

namespace collectors {
namespace {

using exporter::CollectError;

const std::string kSep = kSeparator;
const std::string kMember = kSep + kSep + "w1@h.celery.pidbox";

RedisNames Separated(const std::string& separator) {
  RedisNames names;
  names.separator = separator;
  return names;
}

TEST_CASE("a mailbox's member tells its worker") {
  CHECK(WorkerOfMailbox(kMember, Separated(kSep)) == "w1@h");
  CHECK(WorkerOfMailbox("::w1@h.celery.pidbox", Separated(":")) == "w1@h");
  CHECK(WorkerOfMailbox("-=-=w1-2@h.celery.pidbox", Separated("-=")) == "w1-2@h");
  RedisNames shop;
  shop.control = ControlExchanges("shop");
  CHECK(WorkerOfMailbox(kSep + kSep + "w1@h.shop.pidbox", shop) == "w1@h");
}

TEST_CASE("of a member with another separator it is said which option is to be set") {
  struct Case {
    std::string member;
    std::string separator;
    std::string said;
  };
  const Case cases[] = {
      {"::w1@h.celery.pidbox", kSep, R"(set sep: ":")"},
      {"||||w1@h.celery.pidbox", kSep, R"(set sep: "||")"},
      {kMember, ":", R"(set sep: "\x06\x16")"},
      {"\"\"w1@h.celery.pidbox", kSep, R"(set sep: "\"")"},
      {"w1@h.celery.pidbox", kSep, "set sep as in Celery's broker_transport_options"},
      {kSep + kSep + ".celery.pidbox", kSep, "set sep"},
      {kSep + kSep + "w1@h", kSep, "set sep"},
      {kSep + kSep + "w1" + kSep + "@h.celery.pidbox", kSep, "set sep"},
      {"key" + kSep + kSep + "w1@h.celery.pidbox", kSep, "set sep"},
      {kSep + kSep + "\xff.celery.pidbox", kSep, R"(\xff)"},
      {"", kSep, "set sep"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.member);
    try {
      WorkerOfMailbox(c.member, Separated(c.separator));
      FAIL("taken");
    } catch (const CollectError& error) {
      CAPTURE(std::string(error.what()));
      CHECK(exporter::Name(error.kind()) == "protocol");
      CHECK(std::string(error.what()).find(c.said) != std::string::npos);
      CHECK(std::string(error.what()).find("workers are not asked") != std::string::npos);
    }
  }
}

TEST_CASE("a binding is what kombu can split into three texts") {
  CHECK(IsBinding(kSep + kSep, kSep));
  CHECK(IsBinding("key" + kSep + "pattern" + kSep + "queue", kSep));
  CHECK_FALSE(IsBinding("key" + kSep + "queue", kSep));
  CHECK_FALSE(IsBinding("key" + kSep + kSep + kSep, kSep));
  CHECK_FALSE(IsBinding("queue", kSep));
  CHECK_FALSE(IsBinding("\xff" + kSep + kSep, kSep));
}

}  // namespace
}  // namespace collectors
