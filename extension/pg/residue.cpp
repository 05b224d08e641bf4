#include "pg/residue.hpp"

#include <cstring>

#include "pg/kept_setting.hpp"
#include "pg/pool.hpp"
#include "pg/session.hpp"

namespace tenancy::pg {
namespace {

constinit object_access_hook_type previous_access = nullptr;

// What may be there since this backend last found that it was not. The library is loaded before any
// backend starts, so it has seen all.
constinit bool settings_touched = false;
constinit bool statements_suspect = false;  // PREPARE, LISTEN, WITH HOLD
constinit bool locks_suspect = false;

constinit bool settings_touched_now = false;  // in this transaction

void note_settings() {
  settings_touched = settings_touched_now = true;
}

// Runs when an expression that calls the function is prepared for execution, thus before the call.
void on_access(ObjectAccessType access, Oid cls, Oid object, int column, void *argument) {
  if (previous_access != nullptr) previous_access(access, cls, object, column, argument);
  if (access != OAT_FUNCTION_EXECUTE) return;
  switch (object) {
    case F_SET_CONFIG:
      note_settings();
      break;
    case F_PG_ADVISORY_LOCK_INT8:
    case F_PG_ADVISORY_LOCK_INT4_INT4:
    case F_PG_ADVISORY_LOCK_SHARED_INT8:
    case F_PG_ADVISORY_LOCK_SHARED_INT4_INT4:
    case F_PG_TRY_ADVISORY_LOCK_INT8:
    case F_PG_TRY_ADVISORY_LOCK_INT4_INT4:
    case F_PG_TRY_ADVISORY_LOCK_SHARED_INT8:
    case F_PG_TRY_ADVISORY_LOCK_SHARED_INT4_INT4:
      locks_suspect = true;
      break;
    default:
      break;
  }
}

// Set for longer than a transaction, by this one or by an earlier one.
bool is_left(const config_generic &setting) {
  const bool outlives = setting.stack == nullptr || setting.stack->state == GUC_SET ||
                        setting.stack->state == GUC_SET_LOCAL;
  return outlives && setting.source == PGC_S_SESSION &&
         (setting.context == PGC_USERSET || setting.context == PGC_SUSET) &&
         std::strcmp(setting.name, "tenancy.identity") != 0;
}

void set_for_session(const char *name, const char *value) {
  set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SET, true, ERROR, false);
}

const char *text_of(const config_generic &setting, const config_var_val &value) {
  switch (setting.vartype) {
    case PGC_BOOL:
      return value.boolval ? "on" : "off";
    case PGC_INT:
      return psprintf("%d", value.intval);
    case PGC_ENUM:
      return config_enum_lookup_by_value(
          reinterpret_cast<config_enum *>(const_cast<config_generic *>(&setting)), value.enumval);
    case PGC_STRING:
      return value.stringval;
    case PGC_REAL:
      break;
  }
  return nullptr;
}

// Drivers set the kept ones where there is no identity yet; a tenant may not change them for the
// next one, so that what the transaction with his identity did to them is taken back.
void reset_kept(const config_generic &setting, bool is_tenants) {
  const bool is_taken_back = is_tenants && setting.stack != nullptr;
  const char *value = is_taken_back ? text_of(setting, setting.stack->prior.val)
                                    : GetConfigOption(setting.name, false, false);
  if (!is_safe_value(setting.name, value))
    set_for_session(setting.name, nullptr);
  else if (is_taken_back)
    set_for_session(setting.name, value);
}

// SET TRANSACTION and SET ROLE are of another kind than settings with a default; but a role that
// was left behind is no longer the login role.
void reset_left(bool is_tenants) {
  for (config_generic *setting : all_settings()) {
    if (!is_left(*setting)) continue;
    if (std::strcmp(setting->name, "role") == 0)
      set_for_session("role", "none");
    else if (is_kept_setting(setting->name))
      reset_kept(*setting, is_tenants);
    else if ((setting->flags & GUC_NO_RESET_ALL) == 0)
      set_for_session(setting->name, nullptr);
  }
}

// Only here is no value hidden below that of a savepoint or of a function any more. A transaction
// that aborts after all gives back what it found, which may be what somebody has left.
void end_of_transaction(XactEvent event, void *) {
  switch (event) {
    case XACT_EVENT_PRE_COMMIT:
      if (!settings_touched_now || !is_pool(GetSessionUserId())) return;
      reset_left(transaction_has_identity());
      settings_touched = false;
      break;
    case XACT_EVENT_ABORT:
      settings_touched = settings_touched || settings_touched_now;
      settings_touched_now = false;
      break;
    case XACT_EVENT_COMMIT:
    case XACT_EVENT_PREPARE:
      settings_touched_now = false;
      break;
    default:
      break;
  }
}

bool has_temporary_objects() {
  Oid schema = InvalidOid;
  Oid toast_schema = InvalidOid;
  GetTempNamespaceState(&schema, &toast_schema);
  if (!OidIsValid(schema)) return false;
  // The schema itself outlives DISCARD ALL; what is in it depends on it.
  ScanKeyData keys[2];
  ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(NamespaceRelationId));
  ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(schema));
  Relation depend = table_open(DependRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(depend, DependReferenceIndexId, true, nullptr, 2, keys);
  const bool found = HeapTupleIsValid(systable_getnext(scan));
  systable_endscan(scan);
  table_close(depend, AccessShareLock);
  return found;
}

bool holds(const char *query) {
  if (SPI_execute(query, true, 1) != SPI_OK_SELECT) elog(ERROR, "could not look for residue");
  return SPI_processed > 0;
}

const char *suspected_residue() {
  if (statements_suspect) {
    if (holds("select from pg_catalog.pg_prepared_statements where from_sql"))
      return "statements of SQL's PREPARE";
    if (holds("select from pg_catalog.pg_cursors where is_holdable")) return "cursors WITH HOLD";
    if (holds("select from pg_catalog.pg_listening_channels()")) return "channels of LISTEN";
    statements_suspect = false;
  }
  if (locks_suspect) {
    if (holds("select from pg_catalog.pg_locks"
              " where locktype = 'advisory' and pid = pg_catalog.pg_backend_pid() and granted"))
      return "advisory locks";
    locks_suspect = false;
  }
  return nullptr;
}

}  // namespace

void install_residue() {
  previous_access = object_access_hook;
  object_access_hook = on_access;
  RegisterXactCallback(end_of_transaction, nullptr);
}

void note_statement(const Node *statement) {
  switch (nodeTag(statement)) {
    case T_PrepareStmt:
    case T_ListenStmt:
      statements_suspect = true;
      break;
    case T_DeclareCursorStmt:
      if ((reinterpret_cast<const DeclareCursorStmt *>(statement)->options & CURSOR_OPT_HOLD) != 0)
        statements_suspect = true;
      break;
    case T_VariableSetStmt: {
      const auto *set = reinterpret_cast<const VariableSetStmt *>(statement);
      const bool is_drivers =
          set->name != nullptr && is_kept_setting(set->name) && !transaction_has_identity();
      if (!set->is_local && !is_drivers) note_settings();
      break;
    }
    default:
      break;
  }
}

void reset_settings() {
  if (!settings_touched) return;
  note_settings();  // a rollback to a savepoint would take the reset back
  reset_left(false);
}

const char *residue_in_connection() {
  if (has_temporary_objects()) return "temporary objects";
  return suspected_residue();
}

}  // namespace tenancy::pg
