// What happens when trust, revocations or rules change: an event, and an invalidation that reaches
// every backend.
#include "pg/boundary.hpp"
#include "pg/event.hpp"
#include "pg/fetch_request.hpp"

namespace tenancy::pg {
namespace {

// Trigger on the tables that backends keep in memory. Caches hang on the relcache entry of an empty
// table: its invalidation also reaches standbys, and drops nobody's plans. A statement trigger does
// for all but what a subscription applies, which fires row triggers alone; elsewhere those have
// nothing to do.
bool signal_change(FunctionCallInfo fcinfo, const char *function, const char *signal_table) {
  if (!CALLED_AS_TRIGGER(fcinfo))
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("tenancy.%s() is a trigger function", function)));
  const auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
  if (TRIGGER_FIRED_FOR_ROW(trigger->tg_event) && !IsLogicalWorker()) return false;
  const Oid schema = RelationGetNamespace(trigger->tg_relation);
  const Oid signal = get_relname_relid(signal_table, schema);
  if (OidIsValid(signal)) CacheInvalidateRelcacheByRelid(signal);
  report({.name = "changed", .object = RelationGetRelationName(trigger->tg_relation)});
  return true;
}

}  // namespace
}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_trust_changed);
Datum tenancy_trust_changed(PG_FUNCTION_ARGS) {
  if (tenancy::pg::signal_change(fcinfo, "trust_changed", "signal"))
    tenancy::pg::wake_worker_at_commit();
  PG_RETURN_POINTER(nullptr);
}

PG_FUNCTION_INFO_V1(tenancy_revocation_changed);
Datum tenancy_revocation_changed(PG_FUNCTION_ARGS) {
  tenancy::pg::signal_change(fcinfo, "revocation_changed", "revocation_signal");
  PG_RETURN_POINTER(nullptr);
}

PG_FUNCTION_INFO_V1(tenancy_rules_changed);
Datum tenancy_rules_changed(PG_FUNCTION_ARGS) {
  tenancy::pg::signal_change(fcinfo, "rules_changed", "rule_signal");
  PG_RETURN_POINTER(nullptr);
}

}  // extern "C"
