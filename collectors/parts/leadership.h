#pragma once

#include <chrono>
#include <string>

#include "collectors/clients/sql/sql_session.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Elects one of several exporters that have the same collector. The leader is the one whose session
// holds a PostgreSQL advisory lock: a session lock with a key from the collector's name, in the
// database that the collector reads. The lock ends with the session, so if a leader dies or loses
// its connection, the next exporter that asks takes over. A leader that is stopped (SIGSTOP, a
// frozen node) keeps its session open; since PostgreSQL 14 the server ends a session that was idle
// for `idle_limit`. Not thread-safe.
class Leadership {
 public:
  Leadership(const std::string& collector, std::chrono::milliseconds idle_limit);

  // Returns whether this process leads, and takes the lock if it is free. From then on the session
  // is pinned. Throws CollectError, of kind kQuery if the connection goes through a pooler, which
  // hands its sessions to others.
  bool Take(SqlSession& session, const exporter::CollectContext& context);
  // Throws kConnect if the session that held the lock has ended.
  void Confirm(SqlSession& session, const exporter::CollectContext& context);

  bool leads() const { return leads_; }

 private:
  void Lose(SqlSession& session);
  Rows Ask(SqlSession& session, const exporter::CollectContext& context);
  bool Holds(SqlSession& session, const exporter::CollectContext& context);

  std::string key_;
  std::string idle_limit_ms_;
  bool leads_ = false;
};

}  // namespace collectors
