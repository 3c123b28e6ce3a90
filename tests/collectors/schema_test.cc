// configs/schema.json describes what the readers read: the same keys, the same
// types. What a key's value may be is not compared.

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "collectors/catalog.h"
#include "exporter/config/common_keys.h"
#include "exporter/config/yaml_reader.h"

namespace collectors {
namespace {

using Keys = std::set<std::string>;

nlohmann::json Schema() {
  std::ifstream file("configs/schema.json");
  REQUIRE(file.good());
  return nlohmann::json::parse(file);
}

Keys KeysOf(const nlohmann::json& object) {
  CHECK(object.at("additionalProperties") == false);
  Keys keys;
  for (const auto& [key, value] : object.at("properties").items()) keys.insert(key);
  return keys;
}

// The keys that a type's factory and the loader ask for.
Keys KnownTo(const exporter::CollectorType& type) {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load("{type: any}"), problems);
  exporter::ReadCommonKeys(reader);
  reader.RequiredString("type");
  reader.String("name", "");
  type.make(reader, {});
  return reader.known();
}

// Every mapping in `schema` that lists its keys must refuse all others.
void CheckClosed(const nlohmann::json& schema) {
  // A collector's own schema, chosen by its type, closes the one with `allOf`.
  if (schema.contains("properties") && schema.contains("type") && !schema.contains("allOf")) {
    CAPTURE(schema.dump());
    CHECK(schema.value("additionalProperties", true) == false);
  }
  for (const auto& part : schema) {
    if (part.is_structured()) CheckClosed(part);
  }
}

}  // namespace

TEST_CASE("the schema has the types of the catalog") {
  const auto schema = Schema();
  const Keys described =
      schema["properties"]["collectors"]["items"]["properties"]["type"]["enum"].get<Keys>();
  Keys types;
  for (const auto& type : Catalog()) types.emplace(type.name);
  CHECK(described == types);
}

TEST_CASE("the schema has the keys of each type, and refuses all others") {
  const auto schema = Schema();
  CheckClosed(schema);
  for (const auto& type : Catalog()) {
    CAPTURE(type.name);
    CHECK(KeysOf(schema["$defs"][std::string(type.name)]) == KnownTo(type));
  }
}

TEST_CASE("the schema has the global keys") {
  std::vector<exporter::ConfigProblem> problems;
  exporter::YamlReader reader(YAML::Load("{}"), problems);
  exporter::ReadCommonKeys(reader);
  reader.String("prefix", "");
  CHECK(KeysOf(Schema()["properties"]["global"]) == reader.known());
}

}  // namespace collectors
