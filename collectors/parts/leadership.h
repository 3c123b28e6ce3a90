#pragma once

#include <chrono>
#include <string>

#include "collectors/clients/sql/sql_session.h"
#include "exporter/seam/collector.h"

namespace collectors {

// Which of several exporters does the work of a collector that all of them
// have: the one whose session holds a lock of PostgreSQL (an advisory lock of
// the session, by the collector's name, in the database that it reads). It goes
// with the session, so a leader that dies or loses its connection is followed
// by whoever asks next. One thread at a time.
// A leader that is stopped (SIGSTOP, a frozen node) keeps its session open: from
// PostgreSQL 14 on the server ends it when it was idle for `idle_limit`.
class Leadership {
 public:
  Leadership(const std::string& collector, std::chrono::milliseconds idle_limit);

  // Whether this process leads; takes the lock where nobody holds it. From then
  // on the session is pinned. Throws CollectError, of kind kQuery where the
  // connection leads through a pooler, whose sessions change hands.
  bool Take(SqlSession& session, const exporter::CollectContext& context);
  // Throws kConnect where the session that held the lock has ended meanwhile.
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
