#include "collectors/queue/rabbitmq/rabbitmq_management.h"

#include <optional>
#include <stdexcept>
#include <utility>

#include "collectors/clients/net/url_parts.h"
#include "collectors/queue/rabbitmq/rabbitmq_listing.h"

namespace collectors {
namespace {

using exporter::CollectContext;
using exporter::CollectError;
using exporter::ErrorKind;

constexpr std::string_view kApi = "/api";
// More names than this are cheaper to find in the list.
constexpr std::size_t kMostAskedOneByOne = 20;
constexpr std::size_t kPageSize = 500;  // The API's maximum.
constexpr std::size_t kMostPages = 20;

// Adds to an error what its status means for this API, which reports no more for some.
CollectError Explained(const CollectError& error, const std::string& missing) {
  const std::string what = error.what();
  if (error.kind() == ErrorKind::kMissing) return {error.kind(), what + ": " + missing};
  if (error.kind() != ErrorKind::kAuth) return error;
  return {error.kind(), what +
                            ", or a user without the tag management or without rights in the "
                            "virtual host"};
}

// Failures of a single queue.
bool IsOfOneQueue(ErrorKind kind) {
  return kind == ErrorKind::kMissing || kind == ErrorKind::kPermission || kind == ErrorKind::kQuery;
}

}  // namespace

ManagementPlace PlaceOf(const HttpEndpoint& endpoint, std::string_view vhost) {
  std::string_view path = endpoint.path;
  if (path.ends_with(kApi)) path.remove_suffix(kApi.size());
  if (!vhost.empty()) return {std::string(path), std::string(vhost)};
  if (path.empty()) return {"", "/"};
  path.remove_prefix(1);
  if (path.find('/') != std::string_view::npos) {
    throw std::invalid_argument(
        "the URL's path must be one virtual host, with %2F for a slash in its name; where it is "
        "the folder of the management API, name the virtual host by the key vhost");
  }
  return {"", PercentDecoded(path)};
}

RabbitmqManagement::RabbitmqManagement(HttpTarget target, std::string_view vhost)
    : place_(PlaceOf(target.endpoint, vhost)), session_(std::move(target)) {}

RabbitmqFindings RabbitmqManagement::Read(const CollectContext& context,
                                          const RabbitmqQuestion& question) {
  const bool is_listed = question.discover || question.queues.size() > kMostAskedOneByOne;
  return is_listed ? ReadListed(context, question) : ReadNamed(context, question);
}

std::string RabbitmqManagement::Get(const CollectContext& context, const std::string& path) {
  return session_.Get(context, place_.prefix + "/api/queues/" + PercentEncoded(place_.vhost) +
                                   path + "columns=" + std::string(kRabbitmqColumns));
}

RabbitmqFindings RabbitmqManagement::ReadNamed(const CollectContext& context,
                                               const RabbitmqQuestion& question) {
  RabbitmqFindings findings;
  for (const std::string& name : question.queues) {
    try {
      findings.queues.push_back(ReadRabbitmqQueue(Get(context, "/" + PercentEncoded(name) + "?")));
    } catch (const CollectError& error) {
      const CollectError explained = Explained(
          error, std::string("no such queue (") + kDeclaredFirst + "), or no such virtual host");
      if (!IsOfOneQueue(error.kind())) throw explained;
      findings.problems.emplace_back(explained.kind(), explained.what(), name);
      continue;
    }
    if (findings.queues.back().name != name) {
      throw CollectError(ErrorKind::kProtocol, "the management API answers for another queue");
    }
  }
  return findings;
}

RabbitmqPage RabbitmqManagement::ReadPage(const CollectContext& context, std::size_t page) {
  try {
    return ReadRabbitmqPage(Get(context, "?page=" + std::to_string(page) + "&page_size=" +
                                             std::to_string(kPageSize) + "&sort=name&"));
  } catch (const CollectError& error) {
    throw Explained(error, "no such virtual host");
  }
}

RabbitmqFindings RabbitmqManagement::ReadListed(const CollectContext& context,
                                                const RabbitmqQuestion& question) {
  RabbitmqListing listing(question);
  std::optional<CollectError> cut;
  std::size_t pages = 1;
  for (std::size_t page = 1; page <= pages && page <= kMostPages; ++page) {
    try {
      RabbitmqPage read = ReadPage(context, page);
      pages = read.pages;
      listing.Add(std::move(read.queues));
    } catch (const CollectError& error) {
      // If queues have gone since the first page, there are fewer pages.
      if (page == 1 || error.kind() != ErrorKind::kQuery) throw;
      cut.emplace(error.kind(), "page " + std::to_string(page) + ": " + error.what());
      break;
    }
  }
  RabbitmqFindings findings = std::move(listing).Finish(!cut && pages <= kMostPages);
  if (cut) findings.problems.push_back(*std::move(cut));
  if (pages > kMostPages) {
    findings.problems.emplace_back(
        ErrorKind::kLimit, "the virtual host has more than " +
                               std::to_string(kMostPages * kPageSize) +
                               " queues, and no more are looked through: name those that matter");
  }
  return findings;
}

}  // namespace collectors
