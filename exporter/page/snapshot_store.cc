#include "exporter/page/snapshot_store.h"

#include <algorithm>
#include <utility>

#include "exporter/page/health_series.h"

namespace exporter {
namespace {

using std::chrono::duration;

constexpr std::size_t kMostLastErrors = 20;

std::vector<CollectError> FirstOf(std::vector<CollectError> errors) {
  if (errors.size() > kMostLastErrors) errors.erase(errors.begin() + kMostLastErrors, errors.end());
  return errors;
}

template <typename Counters, typename Kind>
std::uint64_t& At(Counters& counters, Kind kind) {
  return counters[static_cast<std::size_t>(kind)];
}

void Add(Dropped& total, const Dropped& more) {
  total.duplicate += more.duplicate;
  total.limit += more.limit;
  total.invalid += more.invalid;
}

RunResult ResultOf(const std::optional<CollectError>& failure) {
  if (!failure) return RunResult::kSuccess;
  return failure->kind() == ErrorKind::kTimeout ? RunResult::kTimeout : RunResult::kError;
}

void CountProblems(const Reading& reading, CollectorHealth& health) {
  for (const CollectError& problem : reading.problems) ++At(health.errors, problem.kind());
  std::vector<CollectError> failed = AllProblems(reading);
  health.failed_parts = failed.size();
  if (reading.failure) {
    ++At(health.errors, reading.failure->kind());
    failed.insert(failed.begin(), *reading.failure);
  }
  health.last_errors = FirstOf(std::move(failed));
}

// In the order of the page, each with its own expiry or `latest`. A family that is equal to one in
// `before` is replaced by that one: it keeps its place on the page and its forms.
SlotFamilies Publishable(std::vector<TimedFamily> families, SteadyTime stale_at,
                         const SlotFamilies& before) {
  SlotFamilies published;
  published.reserve(families.size());
  for (TimedFamily& timed : families) {
    published.push_back({std::make_shared<const Family>(std::move(timed.family)),
                         timed.expires_at.value_or(stale_at)});
  }
  const auto by_name = [](const Published& a, const Published& b) {
    return a.family->name() < b.family->name();
  };
  std::stable_sort(published.begin(), published.end(), by_name);
  for (Published& one : published) {
    const auto [begin, end] = std::equal_range(before.begin(), before.end(), one, by_name);
    const auto same = std::find_if(
        begin, end, [&one](const Published& known) { return *known.family == *one.family; });
    if (same != end) one.family = same->family;
  }
  return published;
}

}  // namespace

SnapshotStore::SnapshotStore() {
  MutexLock lock(mutex_);
  views_.push_back(MakeView({}));
}

SnapshotStore::~SnapshotStore() = default;

std::size_t SnapshotStore::AddSlot(SlotSpec spec) {
  std::vector<HealthSeries> series = MakeHealthSeries(spec.health, spec.policy);
  MutexLock lock(mutex_);
  for (const HealthSeries& family : series) {
    reserved_.insert(family.name);
    if (family.type != FamilyType::kSummary) continue;
    for (const char* line : {"_sum", "_count"}) reserved_.insert(family.name + line);
  }
  Slot& slot = slots_.emplace_back();
  slot.health.name = spec.name;
  slot.health.type = spec.type;
  slot.health.health_series = std::make_shared<const std::vector<HealthSeries>>(std::move(series));
  slot.spec = std::move(spec);
  views_ = {MakeView({})};  // The reserved names are known by now.
  return slots_.size() - 1;
}

void SnapshotStore::RunStarted(std::size_t slot, SteadyTime now, SteadyTime run_deadline) {
  MutexLock lock(mutex_);
  slots_[slot].running_since = now;
  slots_[slot].run_deadline = run_deadline;
  slots_[slot].told_overdue.reset();
}

// A run that was once reported as overdue stays overdue, whatever clock its end is judged by: no
// counter falls.
bool SnapshotStore::IsOverdue(Slot& slot, SteadyTime now) {
  if (!slot.running_since) return false;
  if (now > slot.run_deadline + kOverdueGrace)
    slot.told_overdue = std::max(slot.told_overdue.value_or(now), now);
  return slot.told_overdue.has_value();
}

void SnapshotStore::CountTimeout(CollectorHealth& health) {
  health.up = false;
  health.finished = true;
  health.failed_parts = 0;
  ++At(health.collections, RunResult::kTimeout);
  ++At(health.errors, ErrorKind::kTimeout);
}

bool SnapshotStore::EndRun(Slot& slot, SteadyTime now, RunResult result) {
  CollectorHealth& health = slot.health;
  const bool overdue = IsOverdue(slot, now);
  const SteadyTime since = slot.running_since.value_or(now);
  const SteadyTime end = std::max(now, slot.told_overdue.value_or(now));
  slot.running_since.reset();
  health.duration_seconds = duration<double>(end - since).count();
  health.durations_seconds += health.duration_seconds;
  if (overdue) {
    CountTimeout(health);
    health.last_errors = {CollectError(ErrorKind::kTimeout, "ended after its deadline")};
    return false;
  }
  health.up = result == RunResult::kSuccess || result == RunResult::kSkipped;
  health.finished = true;
  health.failed_parts = 0;
  health.last_errors.clear();
  ++At(health.collections, result);
  return true;
}

void SnapshotStore::TakeAccount(std::size_t slot, FamilySet account) {
  std::string name;
  {
    MutexLock lock(mutex_);
    name = slots_[slot].spec.name;
  }
  FamilySet named;
  named.Absorb(std::move(account), {{"collector", name}});
  auto families = std::make_shared<const SlotFamilies>(
      Publishable(std::move(named).Take(), SteadyTime::max(), {}));
  MutexLock lock(mutex_);
  slots_[slot].health.account = std::move(families);
}

LeftOut SnapshotStore::RunEnded(std::size_t slot, const Moment& now, Reading reading) {
  if (reading.skipped) {
    RunSkipped(slot, now);
    return {};
  }
  LabelPolicy policy;
  std::chrono::milliseconds stale_after{};
  SlotFamilies before;
  {
    MutexLock lock(mutex_);
    policy = slots_[slot].spec.policy;
    stale_after = slots_[slot].spec.stale_after;
    before = slots_[slot].families;
  }
  Labelled result = policy.Apply(std::move(reading.families).Take());
  const SteadyTime latest = reading.shown_until.value_or(SteadyTime::max());
  for (TimedFamily& timed : result.families) {
    if (timed.expires_at) timed.expires_at = std::min(*timed.expires_at, latest);
  }
  SlotFamilies families =
      Publishable(std::move(result.families), std::min(now.steady + stale_after, latest), before);
  Preparation to_prepare;
  {
    MutexLock lock(mutex_);
    Publish(slot, now, reading, std::move(families), result.left_out, to_prepare);
  }
  Prepare(to_prepare);
  return std::move(result.left_out);
}

// The page comes first: it may run out of memory, and then nothing is counted.
void SnapshotStore::Publish(std::size_t slot, const Moment& now, const Reading& reading,
                            SlotFamilies families, const LeftOut& left_out,
                            Preparation& to_prepare) {
  Slot& shown = slots_[slot];
  CollectorHealth& health = shown.health;
  if (!IsOverdue(shown, now.steady)) to_prepare = Show(slot, std::move(families), now.steady);
  if (!EndRun(shown, now.steady, ResultOf(reading.failure))) return;
  if (!reading.failure) health.last_success_unix = now.unix_seconds;
  CountProblems(reading, health);
  Add(health.dropped, left_out.dropped);
  health.dropped.limit += reading.cut_series;
  health.cut = left_out.cut;
}

SnapshotStore::Preparation SnapshotStore::Show(std::size_t slot, SlotFamilies families,
                                               SteadyTime now) {
  DropIdleViews(now);
  MendViews();
  Slot& shown = slots_[slot];
  are_views_whole_ = false;  // Until the end: an exception leaves a view half done.
  Preparation to_prepare;
  to_prepare.chunks = views_.front()->Update(slot, shown.spec.name, families);
  // Families that several collectors share are merged on demand, not at each publication of each of
  // them.
  std::erase_if(to_prepare.chunks, [](const auto& chunk) { return chunk->IsShared(); });
  for (const auto& view : views_)
    for (const Form& form : view->FormsInUse(now)) to_prepare.forms.insert(form.index());
  are_views_whole_ = true;
  shown.families = std::move(families);
  ++shown.publication;
  return to_prepare;
}

void SnapshotStore::Prepare(const Preparation& preparation) {
  for (const auto& chunk : preparation.chunks)
    for (const std::size_t form : preparation.forms) chunk->Get(kAllForms[form]);
}

void SnapshotStore::RunFailed(std::size_t slot, const Moment& now, const CollectError& error,
                              LastReading last) {
  MutexLock lock(mutex_);
  if (last == LastReading::kGoes) Show(slot, {}, now.steady);
  Slot& failed = slots_[slot];
  if (!EndRun(failed, now.steady, ResultOf(error))) return;
  ++At(failed.health.errors, error.kind());
  failed.health.last_errors = {error};
}

void SnapshotStore::RunSkipped(std::size_t slot, const Moment& now) {
  MutexLock lock(mutex_);
  Slot& skipped = slots_[slot];
  if (!IsOverdue(skipped, now.steady)) Show(slot, {}, now.steady);
  EndRun(skipped, now.steady, RunResult::kSkipped);
}

CollectorHealth SnapshotStore::HealthOf(Slot& slot, SteadyTime now) {
  const bool overdue = IsOverdue(slot, now);
  CollectorHealth health = slot.health;
  if (overdue) {
    CountTimeout(health);
    health.duration_seconds = duration<double>(*slot.told_overdue - *slot.running_since).count();
    health.durations_seconds += health.duration_seconds;
    health.last_errors = {CollectError(ErrorKind::kTimeout, "still running after its deadline")};
  }
  return health;
}

std::vector<CollectorHealth> SnapshotStore::Health(SteadyTime now) {
  const auto page = CurrentPage(now);  // It counts the lines lost to other collectors.
  std::vector<CollectorHealth> healths;
  MutexLock lock(mutex_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    healths.push_back(HealthOf(slots_[i], now));
    healths.back().series = page->series()[i];
  }
  return healths;
}

bool SnapshotStore::Ready(SteadyTime now) {
  // Readiness is final: even an overdue first run ends some time. So probes need not wait for a
  // publication.
  if (is_ready_) return true;
  MutexLock lock(mutex_);
  is_ready_ = std::all_of(slots_.begin(), slots_.end(), [now](Slot& slot) {
    return slot.health.finished || IsOverdue(slot, now);
  });
  return is_ready_;
}

void SnapshotStore::MendViews() {
  if (are_views_whole_) return;
  views_ = {MakeView({})};
  are_views_whole_ = true;
}

std::shared_ptr<PageView> SnapshotStore::MakeView(const PageQuery& query) {
  const PageView* whole = query == PageQuery{} ? nullptr : views_.front().get();
  auto view = std::make_shared<PageView>(query, reserved_, whole);
  for (std::size_t i = 0; i < slots_.size(); ++i)
    view->Follow(i, slots_[i].spec.name, slots_[i].families, slots_[i].publication);
  return view;
}

std::shared_ptr<PageView> SnapshotStore::FindView(const PageQuery& query, SteadyTime now) {
  MendViews();
  const auto found = std::find_if(views_.begin(), views_.end(),
                                  [&query](const auto& view) { return view->query() == query; });
  if (found == views_.begin()) return *found;
  if (found != views_.end()) {
    for (std::size_t i = 0; i < slots_.size(); ++i)
      (*found)->Follow(i, slots_[i].spec.name, slots_[i].families, slots_[i].publication);
    (*found)->Asked(now);
    return *found;
  }
  auto view = MakeView(query);
  view->Asked(now);
  DropIdleViews(now);
  if (views_.size() < kMostViews) views_.push_back(view);
  return view;
}

void SnapshotStore::DropIdleViews(SteadyTime now) {
  const auto is_idle = [now](const auto& view) { return now - view->last_asked() > kInUse; };
  views_.erase(std::remove_if(views_.begin() + 1, views_.end(), is_idle), views_.end());
}

std::shared_ptr<const Page> SnapshotStore::PageOf(const PageQuery& query, SteadyTime now) {
  std::shared_ptr<PageView> view;
  PageIndex::Chunks chunks;
  std::uint64_t version = 0;
  std::vector<std::uint64_t> publications;
  {
    MutexLock lock(mutex_);
    view = FindView(query, now);
    view->Expire(now);
    if (auto page = view->page()) return page;
    chunks = view->chunks();
    version = view->version();
    for (const Slot& slot : slots_) publications.push_back(slot.publication);
  }
  auto page = std::make_shared<const Page>(std::move(chunks), publications.size());
  MutexLock lock(mutex_);
  view->SetPage(page, version);
  if (query == PageQuery{}) CountDuplicates(*page, publications);
  return page;
}

PageQuery SnapshotStore::Known(PageQuery query) {
  if (query.names.empty()) return query;
  MutexLock lock(mutex_);
  MendViews();
  std::erase_if(query.names, [this](const std::string& name)
                                 REQUIRES(mutex_) { return !views_.front()->Has(name); });
  if (query.names.empty()) query.names = {""};  // No family has this name.
  return query;
}

// Once for each publication that was part of a page.
void SnapshotStore::CountDuplicates(const Page& page,
                                    const std::vector<std::uint64_t>& publications) {
  for (std::size_t i = 0; i < slots_.size() && i < publications.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.counted >= publications[i]) continue;
    slot.counted = publications[i];
    slot.health.dropped.duplicate += page.duplicates()[i];
  }
}

void SnapshotStore::NoteForm(const PageQuery& query, Form form, SteadyTime now) {
  MutexLock lock(mutex_);
  for (const auto& view : views_)
    if (view->query() == query) view->Asked(form, now);
}

}  // namespace exporter
