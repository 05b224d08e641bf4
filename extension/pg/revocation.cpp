#include "pg/revocation.hpp"

#include "pg/boundary.hpp"

namespace tenancy::pg {
namespace {

constinit std::uint64_t generation = 1;
constinit Oid signal_table = InvalidOid;

// The columns of tenancy.revocation; issuer and subject, in this order, are its primary key.
constexpr AttrNumber issuer_column = 1;
constexpr AttrNumber subject_column = 2;
constexpr AttrNumber not_before_column = 3;

// Runs while invalidations are processed, in the middle of anything: it only takes a note.
void on_invalidation(Datum, Oid table) {
  if (!OidIsValid(table) || table == signal_table) ++generation;
}

void text_key(ScanKey key, AttrNumber column, std::string_view value) {
  ScanKeyEntryInitialize(key, 0, column, BTEqualStrategyNumber, InvalidOid, C_COLLATION_OID,
                         F_TEXTEQ, PointerGetDatum(to_text(value)));
}

}  // namespace

void install_revocation() {
  CacheRegisterRelcacheCallback(on_invalidation, 0);
}

bool is_revoked(std::string_view issuer, std::string_view subject, std::int64_t issued_at) {
  const Oid schema = get_namespace_oid("tenancy", false);
  signal_table = get_relname_relid("revocation_signal", schema);
  Relation table = table_open(get_relname_relid("revocation", schema), AccessShareLock);
  list_free(RelationGetIndexList(table));  // fills in rd_pkindex
  ScanKeyData keys[2];
  text_key(&keys[0], issuer_column, issuer);
  text_key(&keys[1], subject_column, subject);
  const Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
  SysScanDesc scan = systable_beginscan(table, table->rd_pkindex, true, latest, 2, keys);
  const HeapTuple row = systable_getnext(scan);
  bool revoked = false;
  if (HeapTupleIsValid(row)) {
    bool is_null = false;
    const TimestampTz not_before = DatumGetTimestampTz(
        heap_getattr(row, not_before_column, RelationGetDescr(table), &is_null));
    revoked = is_null || issued_at == no_issue_time || timestamp_of_unix(issued_at) < not_before;
  }
  systable_endscan(scan);
  UnregisterSnapshot(latest);
  table_close(table, AccessShareLock);
  return revoked;
}

std::uint64_t revocation_generation() {
  AcceptInvalidationMessages();
  return generation;
}

}  // namespace tenancy::pg
