#include "pg/report.hpp"

#include "pg/answer.hpp"
#include "pg/boundary.hpp"
#include "pg/session.hpp"
#include "pg/shared.hpp"

namespace tenancy::pg {
namespace {

constexpr const char *finding_names[] = {"hidden_row", "refused_row", "missing_column",
                                         "missing_right", "no_identity"};

struct Kind {
  Oid database;
  Oid table;
  Oid login_role;
  Verb verb;
  Finding finding;
  bool operator==(const Kind &) const = default;
};

struct Entry {
  Kind kind;
  std::uint64_t statements;
  std::uint64_t rows;
};

constexpr std::uint32_t capacity = 1024;
constexpr std::uint32_t other = capacity;  // the entry for what found no place
constexpr std::size_t workers_capacity = 15;

// What workers of a backend's statement have found, so that the backend counts the statement, once.
struct FromWorkers {
  std::uint16_t count;
  std::uint16_t entries[workers_capacity];
};

struct Report {
  std::uint32_t count;
  Entry entries[capacity + 1];
  FromWorkers from_workers[FLEXIBLE_ARRAY_MEMBER];  // by own_slot_number()
};

// What this process has found and not yet told.
struct Local {
  Kind kind;
  std::uint64_t rows;
  bool is_pending;
  TimestampTz counted_at;  // the client's statement that was counted last
};

constexpr std::size_t local_capacity = 64;

constinit Report *report_of_all = nullptr;
constinit Local locals[local_capacity] = {};
constinit std::size_t local_count = 0;
constinit std::uint32_t local_generation = 0;  // rises when locals are forgotten
constinit bool is_pending = false;
constinit ExecutorEnd_hook_type previous_end = nullptr;

LWLock *lock() {
  return &GetNamedLWLockTranche(report_tranche)->lock;
}

// REQUIRES: the lock
std::uint32_t place_of(const Kind &kind) {
  Report &report = *report_of_all;
  for (std::uint32_t i = 0; i < report.count; ++i)
    if (report.entries[i].kind == kind) return i;
  if (report.count == capacity) return other;
  report.entries[report.count] = {kind, 0, 0};
  return report.count++;
}

FromWorkers *from_workers() {
  const int number = own_slot_number();
  return number < 0 || report_of_all == nullptr ? nullptr : &report_of_all->from_workers[number];
}

void flush();

Local &local_of(const Kind &kind) {
  for (std::size_t i = 0; i < local_count; ++i)
    if (locals[i].kind == kind) return locals[i];
  if (local_count == local_capacity) {
    flush();
    local_count = 0;
    ++local_generation;
  }
  locals[local_count] = {kind, 0, false, 0};
  return locals[local_count++];
}

// Counts the statement in the entry unless that was done. REQUIRES: the lock
void count_statement(Local &local, Entry &entry) {
  const TimestampTz statement = GetCurrentStatementStartTimestamp();
  if (local.counted_at == statement) return;
  local.counted_at = statement;
  ++entry.statements;
}

// REQUIRES: the lock
void leave_to_leader(FromWorkers &found, std::uint32_t place) {
  for (std::uint16_t i = 0; i < found.count; ++i)
    if (found.entries[i] == place) return;
  if (found.count < workers_capacity)
    found.entries[found.count++] = static_cast<std::uint16_t>(place);
}

void flush() {
  FromWorkers *found = from_workers();
  if (found == nullptr) return;
  is_pending = false;
  LWLockAcquire(lock(), LW_EXCLUSIVE);
  for (std::size_t i = 0; i < local_count; ++i) {
    Local &local = locals[i];
    if (!local.is_pending) continue;
    const std::uint32_t place = place_of(local.kind);
    Entry &entry = report_of_all->entries[place];
    entry.rows += local.rows;
    local.rows = 0;
    local.is_pending = false;
    if (IsParallelWorker())
      leave_to_leader(*found, place);
    else
      count_statement(local, entry);
  }
  LWLockRelease(lock());
}

// What workers have found is the leader's statement.
void count_for_workers() {
  FromWorkers *found = from_workers();
  if (found == nullptr || found->count == 0 || IsParallelWorker()) return;
  Kind kinds[workers_capacity];
  std::size_t count = 0;
  LWLockAcquire(lock(), LW_EXCLUSIVE);
  for (std::uint16_t i = 0; i < found->count; ++i) {
    Entry &entry = report_of_all->entries[found->entries[i]];
    if (found->entries[i] == other)
      ++entry.statements;
    else
      kinds[count++] = entry.kind;
  }
  found->count = 0;
  LWLockRelease(lock());
  for (std::size_t i = 0; i < count; ++i) local_of(kinds[i]).is_pending = is_pending = true;
}

void tell() {
  count_for_workers();
  if (is_pending) flush();
}

void on_end(QueryDesc *query) {
  if (previous_end != nullptr)
    previous_end(query);
  else
    standard_ExecutorEnd(query);
  tell();
}

void end_of_transaction(XactEvent event, void *) {
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
    tell();
}

Verb verb_of(std::string_view name) {
  for (const Verb verb : {Verb::read, Verb::insert, Verb::update, Verb::remove})
    if (name == name_of(verb)) return verb;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("a verb is read, insert, update or delete")));
  pg_unreachable();
}

bool is_reported(const ManagedTable *managed) {
  if (managed == nullptr) return false;
  const ListCell *cell;
  foreach (cell, managed->managements)
    if (static_cast<const Management *>(lfirst(cell))->reports) return true;
  return false;
}

// Where a call counts, kept from row to row.
struct Observer {
  Moment moment;
  bool counts;
  std::uint32_t generation;
  Local *local;
  Kind kind;
};

// Only for tables that report: others could be named by anybody, to fill the memory.
void renew(FunctionCallInfo fcinfo, Observer &observer) {
  const Oid table = PG_GETARG_OID(0);
  observer = {};
  observer.moment = this_moment();
  const ManagedTable *managed = get_rel_relkind(table) == '\0' ? nullptr : managed_table(table);
  observer.counts = is_reported(managed);
  if (!observer.counts) return;
  const Verb verb = verb_of(view(PG_GETARG_TEXT_PP(1)));
  const bool is_new = verb == Verb::insert || (!PG_ARGISNULL(3) && PG_GETARG_BOOL(3));
  const Finding finding = peek_identity() == nullptr ? Finding::no_identity
                          : is_new                   ? Finding::refused_row
                                                     : Finding::hidden_row;
  observer.kind = {MyDatabaseId, managed->root, GetSessionUserId(), verb, finding};
  observer.local = &local_of(observer.kind);
  observer.generation = local_generation;
}

void observe(FunctionCallInfo fcinfo) {
  if ((!PG_ARGISNULL(2) && PG_GETARG_BOOL(2)) || PG_ARGISNULL(0) || PG_ARGISNULL(1)) return;
  auto *observer = static_cast<Observer *>(fcinfo->flinfo->fn_extra);
  if (unlikely(observer == nullptr || !holds(observer->moment) ||
               !arguments_are_literals(fcinfo, 2))) {
    observer = kept<Observer>(fcinfo);
    renew(fcinfo, *observer);
  }
  if (!observer->counts) return;
  if (unlikely(observer->generation != local_generation)) {
    observer->local = &local_of(observer->kind);
    observer->generation = local_generation;
  }
  ++observer->local->rows;
  observer->local->is_pending = is_pending = true;
}

// REQUIRES: the lock
void forget_database() {
  Report &report = *report_of_all;
  std::uint32_t left = 0;
  for (std::uint32_t i = 0; i < report.count; ++i)
    if (report.entries[i].kind.database != MyDatabaseId) report.entries[left++] = report.entries[i];
  report.count = left;
  report.entries[other] = {};
  for (int i = 0; i < MaxBackends; ++i) report.from_workers[i].count = 0;
}

void put(ReturnSetInfo *result, const Entry &entry, bool is_other) {
  Datum values[6] = {};
  bool nulls[6] = {};
  nulls[0] = nulls[1] = nulls[2] = is_other;
  values[0] = ObjectIdGetDatum(entry.kind.table);
  values[2] = ObjectIdGetDatum(entry.kind.login_role);
  if (!is_other) values[1] = CStringGetTextDatum(name_of(entry.kind.verb));
  values[3] = CStringGetTextDatum(
      is_other ? "other" : finding_names[static_cast<std::size_t>(entry.kind.finding)]);
  values[4] = Int64GetDatum(static_cast<std::int64_t>(entry.statements));
  values[5] = Int64GetDatum(static_cast<std::int64_t>(entry.rows));
  tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

}  // namespace

void install_report() {
  previous_end = ExecutorEnd_hook;
  ExecutorEnd_hook = on_end;
  RegisterXactCallback(end_of_transaction, nullptr);
}

Size report_bytes() {
  return add_size(offsetof(Report, from_workers), mul_size(sizeof(FromWorkers), MaxBackends));
}

void attach_report(void *memory) {
  report_of_all = static_cast<Report *>(memory);
}

void count(Oid table, Verb verb, Finding finding, std::uint64_t rows) {
  Local &local = local_of({MyDatabaseId, table, GetSessionUserId(), verb, finding});
  local.rows += rows;
  local.is_pending = is_pending = true;
}

}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_observe);
Datum tenancy_observe(PG_FUNCTION_ARGS) {
  tenancy::pg::observe(fcinfo);
  PG_RETURN_BOOL(true);
}

PG_FUNCTION_INFO_V1(tenancy_report_counts);
Datum tenancy_report_counts(PG_FUNCTION_ARGS) {
  using namespace tenancy::pg;
  InitMaterializedSRF(fcinfo, 0);
  auto *result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
  auto *entries = static_cast<Entry *>(palloc(sizeof report_of_all->entries));
  LWLockAcquire(lock(), LW_SHARED);
  const std::uint32_t count = report_of_all->count;
  memcpy(entries, report_of_all->entries, sizeof report_of_all->entries);
  LWLockRelease(lock());
  for (std::uint32_t i = 0; i < count; ++i)
    if (entries[i].kind.database == MyDatabaseId) put(result, entries[i], false);
  if (entries[other].statements > 0 || entries[other].rows > 0) put(result, entries[other], true);
  PG_RETURN_NULL();
}

PG_FUNCTION_INFO_V1(tenancy_reset_report);
Datum tenancy_reset_report([[maybe_unused]] PG_FUNCTION_ARGS) {
  using namespace tenancy::pg;
  LWLockAcquire(lock(), LW_EXCLUSIVE);
  forget_database();
  LWLockRelease(lock());
  PG_RETURN_VOID();
}

}  // extern "C"
