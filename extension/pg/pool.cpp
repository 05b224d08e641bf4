#include "pg/pool.hpp"

#include "pg/test_mode.hpp"

namespace tenancy::pg {
namespace {

struct Kept {
  Oid role;
  bool is_pool;
};

constinit Kept kept{InvalidOid, false};
constinit bool invalidated = false;
constinit Oid signal_table = InvalidOid;

// Without the extension there is no table whose signal could be waited for.
void on_relation(Datum, Oid table) {
  if (!OidIsValid(table) || !OidIsValid(signal_table) || table == signal_table) invalidated = true;
}

void on_role(Datum, int, uint32) {
  invalidated = true;
}

bool has_row(Oid role, Oid table) {
  const char *name = GetUserNameFromId(role, true);
  if (!OidIsValid(table) || name == nullptr) return false;
  NameData login_role;
  namestrcpy(&login_role, name);
  ScanKeyData key;
  ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&login_role));
  Relation pool = table_open(table, AccessShareLock);
  // In parallel mode no newer snapshot can be had; what depends on this is never a row more.
  const Snapshot latest =
      RegisterSnapshot(IsInParallelMode() ? GetActiveSnapshot() : GetLatestSnapshot());
  SysScanDesc scan = systable_beginscan(pool, InvalidOid, false, latest, 1, &key);
  const bool found = HeapTupleIsValid(systable_getnext(scan));
  systable_endscan(scan);
  UnregisterSnapshot(latest);
  table_close(pool, AccessShareLock);
  return found;
}

}  // namespace

void install_pools() {
  CacheRegisterRelcacheCallback(on_relation, 0);
  CacheRegisterSyscacheCallback(AUTHOID, on_role, 0);
}

bool is_pool(Oid role) {
  if (!invalidated && kept.role == role) return kept.is_pool;
  const Oid schema = get_namespace_oid("tenancy", true);
  signal_table = OidIsValid(schema) ? get_relname_relid("signal", schema) : InvalidOid;
  const Oid table = OidIsValid(schema) ? get_relname_relid("pool", schema) : InvalidOid;
  kept.role = InvalidOid;
  invalidated = false;  // before the rows are read: a change meanwhile sets it again
  const bool found = has_row(role, table);
  if (!IsInParallelMode()) kept = {role, found};
  return found;
}

bool acts_as_pool() {
  Oid user = InvalidOid;
  int context = 0;
  GetUserIdAndSecContext(&user, &context);
  if ((context & SECURITY_LOCAL_USERID_CHANGE) != 0 && user != GetSessionUserId() &&
      !is_member_of_role(GetSessionUserId(), user))
    return false;
  return !in_test() && is_pool(GetSessionUserId());
}

}  // namespace tenancy::pg
