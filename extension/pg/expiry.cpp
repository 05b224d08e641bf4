#include "pg/expiry.hpp"

#include "pg/event.hpp"
#include "pg/extension.hpp"
#include "pg/failure.hpp"
#include "pg/pool.hpp"
#include "pg/revocation.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"

namespace tenancy::pg {
namespace {

constexpr int repeat_after_ms = 100;

constinit ExecutorRun_hook_type previous_run = nullptr;
constinit emit_log_hook_type previous_emit_log = nullptr;
constinit bool has_timer = false;
constinit TimeoutId timer = MAX_TIMEOUTS;
constinit volatile sig_atomic_t cancelled = false;
constinit std::uint64_t revocations_seen = 0;  // revocation_generation() of the last full look

// In a signal handler. The identity may have ended since the timer was armed; then nothing happens.
void on_time() {
  if (!identity_has_expired()) return;
  cancelled = true;
  InterruptPending = true;
  QueryCancelPending = true;
  SetLatch(MyLatch);
}

void arm(std::int64_t expires_at) {
  if (!has_timer) {
    timer = RegisterTimeout(USER_TIMEOUT, on_time);
    has_timer = true;
  }
  if (!get_timeout_active(timer))
    enable_timeout_every(timer, timestamp_of_unix(expires_at), repeat_after_ms);
}

bool reads_tables(const PlannedStmt *statement) {
  ListCell *cell;
  foreach (cell, statement->rtable)
    if (lfirst_node(RangeTblEntry, cell)->rtekind == RTE_RELATION) return true;
  return false;
}

// A cursor must not go on when the identity ended, by logout or a rollback: its plan may hold rows
// already.
bool reads_protected_table(const PlannedStmt *statement) {
  ListCell *cell;
  foreach (cell, statement->rtable) {
    const RangeTblEntry *entry = lfirst_node(RangeTblEntry, cell);
    if (entry->rtekind != RTE_RELATION) continue;
    const HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(entry->relid));
    if (!HeapTupleIsValid(row)) continue;
    const bool is_protected = reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relrowsecurity;
    ReleaseSysCache(row);
    if (is_protected) return true;
  }
  return false;
}

void end_if_revoked() {
  if (IsInParallelMode()) return;
  const std::uint64_t revocations = revocation_generation();
  if (revocations == revocations_seen) return;
  const Identity *identity = peek_identity();
  if (identity == nullptr) return;
  const bool revoked = is_revoked(text_of(*identity, identity->issuer),
                                  text_of(*identity, identity->subject), identity->issued_at);
  if (revoked) revoke_identity();
  revocations_seen = revocations;  // now: an error before this has the next statement look again
  if (!revoked) return;
  if (log_logins() != LogLogins::none)
    report({.name = "session_revoked", .reason = Refusal::revoked});
}

void on_run(EXECUTOR_RUN_PARAMETERS) {
  if (const std::int64_t expires_at = identity_expires_at();
      expires_at != 0 && !IsParallelWorker() && !in_own_sql()) {
    end_if_revoked();
    // Without tables it may be the login with a fresh token.
    if (reads_tables(query->plannedstmt)) {
      if (identity_has_expired()) refuse(Refusal::expired);
      arm(expires_at);
    }
  }
  if (transaction_has_identity() && identity_expires_at() == 0 && acts_as_pool() &&
      reads_protected_table(query->plannedstmt))
    raise_no_identity();
  if (previous_run != nullptr)
    previous_run(EXECUTOR_RUN_ARGUMENTS);
  else
    standard_ExecutorRun(EXECUTOR_RUN_ARGUMENTS);
}

void on_report(ErrorData *report) {
  if (cancelled && report->elevel >= ERROR && report->sqlerrcode == ERRCODE_QUERY_CANCELED)
    rename_as_expired(report);
  if (previous_emit_log != nullptr) previous_emit_log(report);
}

void end_of_transaction(XactEvent event, void *) {
  if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT && event != XACT_EVENT_PREPARE)
    return;
  if (has_timer && get_timeout_active(timer)) disable_timeout(timer, false);
  cancelled = false;
}

}  // namespace

void install_expiry() {
  previous_run = ExecutorRun_hook;
  ExecutorRun_hook = on_run;
  previous_emit_log = emit_log_hook;
  emit_log_hook = on_report;
  RegisterXactCallback(end_of_transaction, nullptr);
}

}  // namespace tenancy::pg
