#include "pg/pool.hpp"

namespace tenancy::pg {

bool is_pool(Oid role) {
  const Oid schema = get_namespace_oid("tenancy", true);
  const Oid table = OidIsValid(schema) ? get_relname_relid("pool", schema) : InvalidOid;
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

}  // namespace tenancy::pg
