#include "pg/extension.hpp"

#include <cstring>

namespace tenancy::pg {
namespace {

// The subtransaction that began the extension's own SQL, whose abort ends it; invalid: none runs.
constinit SubTransactionId own_sql_began_in = InvalidSubTransactionId;

void on_subtransaction(SubXactEvent event, SubTransactionId ended, SubTransactionId, void *) {
  if (event == SUBXACT_EVENT_ABORT_SUB && ended == own_sql_began_in)
    own_sql_began_in = InvalidSubTransactionId;
}

void on_transaction(XactEvent event, void *) {
  if (event == XACT_EVENT_ABORT) own_sql_began_in = InvalidSubTransactionId;
}

// What the statements of login and the directory function mean, the client's settings aside; they
// are parsed once for all clients of the connection. Null: the connection's default.
struct Pinned {
  const char *name;
  const char *value;
};
constexpr Pinned pinned[] = {
    {"search_path", "pg_catalog, pg_temp"},
    {"standard_conforming_strings", "on"},
    {"transform_null_equals", "off"},
    {"TimeZone", nullptr},
    {"DateStyle", nullptr},
    {"IntervalStyle", nullptr},
};

struct Installed {
  Oid owner;            // InvalidOid: not created in this database
  const char *version;  // of the SQL objects
};

Installed installed_extension() {
  Installed installed{InvalidOid, ""};
  Relation catalog = table_open(ExtensionRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
              CStringGetDatum("pg_tenancy"));
  SysScanDesc scan = systable_beginscan(catalog, ExtensionNameIndexId, true, nullptr, 1, &key);
  const HeapTuple row = systable_getnext(scan);
  if (HeapTupleIsValid(row)) {
    installed.owner = reinterpret_cast<Form_pg_extension>(GETSTRUCT(row))->extowner;
    bool is_null = false;
    const Datum version =
        heap_getattr(row, Anum_pg_extension_extversion, RelationGetDescr(catalog), &is_null);
    if (!is_null) installed.version = TextDatumGetCString(version);
  }
  systable_endscan(scan);
  table_close(catalog, AccessShareLock);
  return installed;
}

}  // namespace

Oid usable_extension() {
  const Installed installed = installed_extension();
  const bool fits = std::strcmp(installed.version, TENANCY_VERSION) == 0;
  return fits && GetDatabaseEncoding() == PG_UTF8 ? installed.owner : InvalidOid;
}

Oid require_extension() {
  const Installed installed = installed_extension();
  if (!OidIsValid(installed.owner))
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("extension pg_tenancy is not installed in this database"),
                    errhint("Run CREATE EXTENSION pg_tenancy.")));
  if (std::strcmp(installed.version, TENANCY_VERSION) != 0)
    ereport(ERROR,
            (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
             errmsg("the library of pg_tenancy is version %s, its SQL objects in this database "
                    "are version %s",
                    TENANCY_VERSION, installed.version),
             errhint("Run ALTER EXTENSION pg_tenancy UPDATE, or install the library of version %s "
                     "and restart the server.",
                     installed.version)));
  // Tokens are UTF-8, and are compared with the directory byte for byte.
  if (GetDatabaseEncoding() != PG_UTF8)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("pg_tenancy needs a database with encoding UTF8, this one has %s",
                           GetDatabaseEncodingName())));
  return installed.owner;
}

OwnSql begin_own_sql(Oid owner) {
  OwnSql saved{};
  GetUserIdAndSecContext(&saved.user, &saved.security_context);
  saved.settings_level = NewGUCNestLevel();
  SetUserIdAndSecContext(owner, saved.security_context | SECURITY_LOCAL_USERID_CHANGE);
  for (const auto &[name, value] : pinned)
    set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, ERROR, false);
  if (SPI_connect() != SPI_OK_CONNECT) elog(ERROR, "SPI_connect failed");
  own_sql_began_in = GetCurrentSubTransactionId();
  return saved;
}

void end_own_sql(const OwnSql &saved) {
  SPI_finish();
  AtEOXact_GUC(true, saved.settings_level);
  SetUserIdAndSecContext(saved.user, saved.security_context);
  own_sql_began_in = InvalidSubTransactionId;
}

bool in_own_sql() noexcept {
  return own_sql_began_in != InvalidSubTransactionId;
}

void install_own_sql() {
  RegisterXactCallback(on_transaction, nullptr);
  RegisterSubXactCallback(on_subtransaction, nullptr);
}

}  // namespace tenancy::pg
