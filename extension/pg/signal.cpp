// What happens when trust changes: an event, and an invalidation that reaches every backend.
#include "pg/boundary.hpp"
#include "pg/event.hpp"
#include "pg/fetch_request.hpp"

extern "C" {

// Statement trigger on the tables that login reads. Caches hang on the relcache entry of the empty
// table tenancy.signal: its invalidation also reaches standbys, and drops nobody's plans.
PG_FUNCTION_INFO_V1(tenancy_trust_changed);
Datum tenancy_trust_changed(PG_FUNCTION_ARGS) {
  if (!CALLED_AS_TRIGGER(fcinfo))
    ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                    errmsg("tenancy.trust_changed() is a trigger function")));
  const auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
  const Oid schema = RelationGetNamespace(trigger->tg_relation);
  const Oid signal = get_relname_relid("signal", schema);
  if (OidIsValid(signal)) CacheInvalidateRelcacheByRelid(signal);
  tenancy::pg::wake_worker_at_commit();
  tenancy::pg::report({.name = "changed", .object = RelationGetRelationName(trigger->tg_relation)});
  PG_RETURN_POINTER(nullptr);
}

}  // extern "C"
