#include "pg/worker.hpp"

#include "pg/boundary.hpp"
#include "pg/event.hpp"
#include "pg/extension.hpp"
#include "pg/fetch.hpp"
#include "pg/fetch_job.hpp"
#include "pg/fetch_request.hpp"
#include "pg/fetch_schedule.hpp"

namespace tenancy::pg {
namespace {

constexpr int restart_seconds = 5;
constexpr int look_seconds = 60;             // at the latest, though nothing woke the worker
constexpr int retry_seconds = 5;             // after an error of the server's, not of a fetch
constexpr int max_refused_stores = 6;        // then the result is dropped, and fetched again
constexpr const char lock_timeout[] = "1s";  // others' transactions must not hold up all issuers

// One name for all: pg_stat_activity shows the database.
constexpr const char worker_type[] = "pg_tenancy keys";

struct Worker {
  Fetcher *fetcher;
  MemoryContext turn_memory;  // of one turn of the loop
  FetchJob jobs[max_transfers];
  FetchJob *storing;  // while its transaction runs
  TimestampTz look_at;
  IssuerHash requests[max_requests];
};

constinit Worker *worker = nullptr;

TimestampTz after(int seconds) {
  return GetCurrentTimestamp() + seconds * USECS_PER_SEC;
}

// A transaction for the extension's own SQL. False, and none, where the extension is not usable.
bool begin_transaction(OwnSql &saved) {
  SetCurrentStatementStartTimestamp();
  StartTransactionCommand();
  PushActiveSnapshot(GetTransactionSnapshot());
  const Oid owner = usable_extension();
  if (!OidIsValid(owner)) {
    PopActiveSnapshot();
    CommitTransactionCommand();
    return false;
  }
  pgstat_report_activity(STATE_RUNNING, "pg_tenancy keys");
  saved = begin_own_sql(owner);
  return true;
}

void end_transaction(const OwnSql &saved) {
  end_own_sql(saved);
  PopActiveSnapshot();
  CommitTransactionCommand();
  pgstat_report_stat(false);
  pgstat_report_activity(STATE_IDLE, nullptr);
}

// --- what is due
// -----------------------------------------------------------------------------------

FetchJob *free_job() {
  for (FetchJob &job : worker->jobs)
    if (job.memory == nullptr) return &job;
  return nullptr;
}

bool is_under_way(std::string_view issuer) {
  for (const FetchJob &job : worker->jobs)
    if (job.memory != nullptr && issuer == job.issuer) return true;
  return false;
}

// Begins what is due, as far as there are jobs free, and notes when to look again. Issuers that are
// under way may be among the first, so twice as many are read.
void look() {
  if (free_job() == nullptr) return;  // the next that ends has it look again
  worker->look_at = after(look_seconds);
  OwnSql saved{};
  if (!begin_transaction(saved)) return;
  const std::size_t waiting = waiting_requests(worker->requests);
  constexpr int limit = 2 * max_transfers + 1;
  const auto issuers = next_fetches({worker->requests, waiting}, limit);
  const TimestampTz now = GetCurrentTimestamp();
  for (const DueIssuer &issuer : issuers) {
    if (is_under_way(issuer.issuer)) continue;
    if (issuer.due_at > now) {
      worker->look_at = Min(worker->look_at, issuer.due_at);
      break;
    }
    FetchJob *job = free_job();
    if (job == nullptr) break;
    take_request(issuer_hash(issuer.issuer));
    begin_job(*job, *worker->fetcher, issuer);
  }
  end_transaction(saved);
}

// --- what came of it
// -------------------------------------------------------------------------------

void store(FetchJob &job) {
  worker->storing = &job;
  OwnSql saved{};
  if (begin_transaction(saved)) {
    const FetchOutcome outcome = outcome_of(job, GetCurrentTimestamp());
    const Recorded recorded = record(outcome);
    const std::string_view error =
        recorded == Recorded::has_secrets ? has_secrets_error : outcome.error;
    if (recorded == Recorded::new_keys)
      report({.name = "keys_fetched",
              .object = outcome.issuer,
              .count = static_cast<int>(key_count(*outcome.keys))});
    else if (recorded != Recorded::nothing && !error.empty())
      report({.name = "fetch_failed", .object = outcome.issuer, .error = error});
    end_transaction(saved);
  }
  worker->storing = nullptr;
  end_job(job);
  worker->look_at = DT_NOBEGIN;
}

void continue_jobs() {
  for (FetchJob &job : worker->jobs) {
    if (job.memory == nullptr) continue;
    if (!job.is_done && has_ended(*job.transfer)) continue_job(job, *worker->fetcher);
    if (job.is_done && job.store_at <= GetCurrentTimestamp()) store(job);
  }
}

// --- the loop
// --------------------------------------------------------------------------------------

long milliseconds_to_wait() {
  TimestampTz until = worker->look_at;
  for (const FetchJob &job : worker->jobs)
    if (job.memory != nullptr && job.is_done) until = Min(until, job.store_at);
  if (free_job() == nullptr && until < GetCurrentTimestamp()) until = after(look_seconds);
  const long wait = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
  const std::int64_t network = wait_milliseconds(*worker->fetcher);
  return network < 0 ? wait : Min(wait, static_cast<long>(network));
}

// Until the latch, a socket or time calls; the latch has the worker look at its tables.
void wait() {
  const auto sockets = watched_sockets(*worker->fetcher);
  const int count = static_cast<int>(sockets.size()) + 2;
  WaitEventSet *set = create_wait_event_set(count);
  AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, nullptr);
  AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, nullptr, nullptr);
  for (const Watched &watched : sockets)
    AddWaitEventToSet(set,
                      static_cast<std::uint32_t>((watched.read ? WL_SOCKET_READABLE : 0) |
                                                 (watched.write ? WL_SOCKET_WRITEABLE : 0)),
                      watched.socket, nullptr, nullptr);
  auto *events =
      static_cast<WaitEvent *>(palloc(sizeof(WaitEvent) * static_cast<std::size_t>(count)));
  const int happened =
      WaitEventSetWait(set, milliseconds_to_wait(), events, count, PG_WAIT_EXTENSION);
  FreeWaitEventSet(set);
  for (int i = 0; i < happened; ++i) {
    if ((events[i].events & WL_LATCH_SET) != 0) {
      ResetLatch(MyLatch);
      worker->look_at = DT_NOBEGIN;
    }
    if ((events[i].events & WL_SOCKET_MASK) != 0)
      advance(*worker->fetcher, events[i].fd, (events[i].events & WL_SOCKET_READABLE) != 0,
              (events[i].events & WL_SOCKET_WRITEABLE) != 0);
  }
  advance(*worker->fetcher, -1, false, false);
}

void turn() {
  CHECK_FOR_INTERRUPTS();
  if (ConfigReloadPending) {
    ConfigReloadPending = false;
    ProcessConfigFile(PGC_SIGHUP);
  }
  MemoryContextReset(worker->turn_memory);
  MemoryContextSwitchTo(worker->turn_memory);
  continue_jobs();
  if (worker->look_at <= GetCurrentTimestamp()) look();
  MemoryContextSwitchTo(worker->turn_memory);
  wait();
}

// An error while storing one issuer's keys (a lock not had in time, a full disk) must neither lose
// them nor hold up the others: it is reported, and tried again later.
void recover() {
  error_context_stack = nullptr;
  InterruptHoldoffCount = InterruptHoldoffCount + 1;  // HOLD_INTERRUPTS, as C++20 wants it
  disable_all_timeouts(false);
  QueryCancelPending = false;
  EmitErrorReport();
  AbortCurrentTransaction();
  LWLockReleaseAll();
  pgstat_report_wait_end();
  MemoryContextSwitchTo(TopMemoryContext);
  FlushErrorState();
  InterruptHoldoffCount = InterruptHoldoffCount - 1;
  pgstat_report_activity(STATE_IDLE, nullptr);

  FetchJob *job = worker->storing;
  worker->storing = nullptr;
  if (job != nullptr && ++job->refused_stores == max_refused_stores) end_job(*job);
  if (job != nullptr && job->memory != nullptr) job->store_at = after(retry_seconds);
  // Waiting for a lock resets the latch, so a request may have been missed.
  worker->look_at = job != nullptr ? DT_NOBEGIN : after(retry_seconds);
}

// The outermost frame of the process, as the server's own workers have it: with no caller to
// unwind to, this is where errors end. Nothing is kept in local variables.
[[noreturn]] void run() {
  sigjmp_buf handler;
  if (sigsetjmp(handler, 1) != 0) recover();
  PG_exception_stack = &handler;
  for (;;) turn();
}

// Whatever ALTER DATABASE ... SET says.
void fix_settings() {
  SetConfigOption("lock_timeout", lock_timeout, PGC_SUSET, PGC_S_OVERRIDE);
  SetConfigOption("statement_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
  SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
  SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
}

[[noreturn]] void serve(std::size_t mailbox) {
  fix_settings();
  worker = static_cast<Worker *>(MemoryContextAllocZero(TopMemoryContext, sizeof(Worker)));
  worker->turn_memory =
      AllocSetContextCreate(TopMemoryContext, "pg_tenancy keys", ALLOCSET_DEFAULT_SIZES);
  for (std::size_t i = 0; i < max_transfers; ++i) ReserveExternalFD();
  worker->fetcher = make_fetcher();
  if (worker->fetcher == nullptr)
    ereport(FATAL, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("libcurl could not be initialized")));
  serve_mailbox(mailbox);
  run();
}

}  // namespace

void register_workers() {
  const auto databases = served_databases();
  for (std::size_t i = 0; i < databases.size(); ++i) {
    BackgroundWorker registration{};
    registration.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    registration.bgw_start_time = BgWorkerStart_RecoveryFinished;
    registration.bgw_restart_time = restart_seconds;
    registration.bgw_main_arg = Int32GetDatum(static_cast<int>(i));
    strlcpy(registration.bgw_library_name, "pg_tenancy", sizeof registration.bgw_library_name);
    strlcpy(registration.bgw_function_name, "tenancy_fetch_keys",
            sizeof registration.bgw_function_name);
    strlcpy(registration.bgw_type, worker_type, sizeof registration.bgw_type);
    snprintf(registration.bgw_name, sizeof registration.bgw_name, "%s: %s", worker_type,
             databases[i]);
    RegisterBackgroundWorker(&registration);
  }
}

}  // namespace tenancy::pg

extern "C" {

PGDLLEXPORT void tenancy_fetch_keys(Datum mailbox);

void tenancy_fetch_keys(Datum mailbox) {
  const auto index = static_cast<std::size_t>(DatumGetInt32(mailbox));
  pqsignal(SIGHUP, SignalHandlerForConfigReload);
  pqsignal(SIGTERM, die);
  BackgroundWorkerUnblockSignals();
  BackgroundWorkerInitializeConnection(tenancy::pg::served_databases()[index], nullptr, 0);
  tenancy::pg::serve(index);
}

PG_FUNCTION_INFO_V1(tenancy_refresh_keys);
Datum tenancy_refresh_keys(PG_FUNCTION_ARGS) {
  using namespace tenancy::pg;
  const std::string_view issuer = view(PG_GETARG_TEXT_PP(0));
  const OwnSql saved = begin_own_sql(require_extension());
  if (!wake_worker_at_commit())
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("no worker fetches keys for this database"),
                    errhint("Add it to tenancy.databases and restart the server. A standby has "
                            "none; ask the primary.")));
  if (!plan_fetch_now(issuer))
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("no such issuer whose keys are fetched"),
             errhint("It needs jwks_url or discovery in tenancy.issuer.")));
  end_own_sql(saved);
  PG_RETURN_VOID();
}

}  // extern "C"
