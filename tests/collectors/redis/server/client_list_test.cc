#include "collectors/redis/server/client_list.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/support/taken.h"

namespace collectors {
namespace {

using exporter::CollectError;

const InfoText kInfo;
const ServerFacts kServer{kInfo};

RedisReply ClientsNumbered(int clients) {
  RedisReply reply;
  reply.type = RedisReply::Type::kString;
  for (int id = 1; id <= clients; ++id) {
    reply.text += "id=" + std::to_string(id) + " name=app age=5 tot-mem=100 flags=N\n";
  }
  return reply;
}

std::size_t SamplesOf(exporter::FamilySet families, const std::string& name) {
  std::size_t samples = 0;
  for (const auto& timed : exporter::testing::TakenFrom(std::move(families))) {
    if (timed.family.name == name) samples += timed.family.metric.size();
  }
  return samples;
}

std::string RefusalOf(void (*add)(std::span<const RedisReply>, const ServerFacts&,
                                  exporter::FamilySet&),
                      int clients, exporter::FamilySet& families) {
  const std::vector<RedisReply> replies = {ClientsNumbered(clients)};
  try {
    add(replies, kServer, families);
  } catch (const CollectError& error) {
    return std::string(Name(error.kind())) + ": " + error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("of more clients than are shown the first are, and the rest is a problem") {
  exporter::FamilySet families;
  CHECK(RefusalOf(&AddClientList, 5000, families) == "");
  exporter::FamilySet more;
  CHECK(RefusalOf(&AddClientList, 5001, more) == "limit: CLIENT LIST has more than 5000 clients");
  CHECK(SamplesOf(std::move(more), "redis_connected_client_info") == 5000);
}

TEST_CASE("clients are counted all or not at all") {
  exporter::FamilySet families;
  CHECK(RefusalOf(&AddClients, 100'000, families) == "");
  CHECK(SamplesOf(std::move(families), "redis_clients") == 1);
  exporter::FamilySet more;
  CHECK(RefusalOf(&AddClients, 100'001, more) == "limit: CLIENT LIST has more than 100000 clients");
  CHECK(SamplesOf(std::move(more), "redis_clients") == 0);
}

TEST_CASE("a line that is too long for a client is passed over") {
  std::vector<RedisReply> replies = {ClientsNumbered(1)};
  replies[0].text += "id=2 name=" + std::string(3000, 'x') + "\n";
  exporter::FamilySet families;
  AddClientList(replies, kServer, families);
  CHECK(SamplesOf(std::move(families), "redis_connected_client_info") == 1);
}

}  // namespace collectors
