#include "pg/managed_table.hpp"

#include <cstring>

#include "pg/boundary.hpp"

namespace tenancy::pg {
namespace {

// The columns of the extension's tables; the names of schema and table are at one place in both.
constexpr AttrNumber application_column = 1;
constexpr AttrNumber schema_column = 2;
constexpr AttrNumber table_column = 3;
namespace managed_columns {
enum : AttrNumber { enforcement = 4, columns, hash };
}
namespace rule_columns {
enum : AttrNumber { api_context = 4, role, verb, columns, hash };
}

constexpr std::string_view context_suffixes[] = {"_app", "_dashboard"};
constexpr std::string_view policy_suffixes[] = {"_floor", "_select", "_insert", "_update",
                                                "_delete"};

// A management while it is read.
struct Draft {
  Management management;
  std::string_view hash;  // a null data(): the table has no row in tenancy.managed_table
};

constinit MemoryContext memory = nullptr;
constinit HTAB *tables = nullptr;  // of ManagedTable
constinit bool stale = false;
constinit std::uint64_t invalidations = 0;
constinit Oid signal_table = InvalidOid;

// Both run while invalidations are processed, in the middle of anything: they only take notes.
void on_relation(Datum, Oid table) {
  ++invalidations;
  if (!OidIsValid(table) || table == signal_table) stale = true;
  if (stale || tables == nullptr) return;
  HASH_SEQ_STATUS all;
  hash_seq_init(&all, tables);
  while (auto *entry = static_cast<ManagedTable *>(hash_seq_search(&all)))
    if (entry->table == table || entry->root == table) entry->is_current = false;
}

// Rules name schemas, policies name roles.
void on_name(Datum, int, uint32) {
  stale = true;
}

void forget_all() {
  stale = false;
  tables = nullptr;
  if (memory == nullptr)
    memory =
        AllocSetContextCreate(TopMemoryContext, "pg_tenancy managed tables", ALLOCSET_SMALL_SIZES);
  MemoryContextReset(memory);
  const Oid schema = get_namespace_oid("tenancy", true);
  signal_table = OidIsValid(schema) ? get_relname_relid("rule_signal", schema) : InvalidOid;
  HASHCTL control{};
  control.keysize = sizeof(Oid);
  control.entrysize = sizeof(ManagedTable);
  control.hcxt = memory;
  tables =
      hash_create("pg_tenancy managed tables", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

std::string_view kept(std::string_view text) {
  return {pnstrdup(text.data(), text.size()), text.size()};
}

Draft *draft_of(List *drafts, std::string_view application) {
  const ListCell *cell;
  foreach (cell, drafts) {
    auto *draft = static_cast<Draft *>(lfirst(cell));
    if (draft->management.application == application) return draft;
  }
  return nullptr;
}

Oid role_named(std::string_view application, std::string_view suffix) {
  const char *name = psprintf("%.*s%.*s", static_cast<int>(application.size()), application.data(),
                              static_cast<int>(suffix.size()), suffix.data());
  return get_role_oid(name, true);
}

Draft *new_draft(List *&drafts, std::string_view application) {
  auto *draft = static_cast<Draft *>(palloc0(sizeof(Draft)));
  draft->management.application = kept(application);
  for (std::size_t i = 0; i < std::size(context_suffixes); ++i)
    draft->management.context_roles[i] = role_named(application, context_suffixes[i]);
  drafts = lappend(drafts, draft);
  return draft;
}

// The application whose compiled policy this is, for this role; empty if it is none: such a policy
// is named after its context role and its command.
std::string_view application_of(const RowSecurityPolicy &policy, Oid role) {
  const char *role_name = GetUserNameFromId(role, true);
  if (role_name == nullptr) return {};
  const std::string_view name = role_name;
  const std::string_view policy_name = policy.policy_name;
  bool is_compiled = false;
  for (const auto suffix : policy_suffixes)
    if (policy_name.starts_with(name) && policy_name.substr(name.size()) == suffix)
      is_compiled = true;
  for (const auto suffix : context_suffixes)
    if (is_compiled && name.ends_with(suffix)) return name.substr(0, name.size() - suffix.size());
  return {};
}

void read_policies(const RowSecurityDesc *security, List *&drafts) {
  if (security == nullptr) return;
  const ListCell *cell;
  foreach (cell, security->policies) {
    const auto *policy = static_cast<const RowSecurityPolicy *>(lfirst(cell));
    const auto *roles = reinterpret_cast<const Oid *>(ARR_DATA_PTR(policy->roles));
    for (int i = 0; i < ARR_DIMS(policy->roles)[0]; ++i) {
      const std::string_view application =
          OidIsValid(roles[i]) ? application_of(*policy, roles[i]) : std::string_view{};
      if (!application.empty() && draft_of(drafts, application) == nullptr)
        new_draft(drafts, application);
    }
  }
}

// The rows of one of the extension's tables that are about a table.
struct Rows {
  Relation relation;
  SysScanDesc scan;
  Snapshot snapshot;
  HeapTuple row;
};

// Null relation: there is no such table, or one of another version.
Rows begin_rows(const char *name, AttrNumber columns, Oid about) {
  Rows rows{};
  const Oid schema = get_namespace_oid("tenancy", true);
  const Oid table = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
  const char *about_schema = get_namespace_name(get_rel_namespace(about));
  const char *about_name = get_rel_name(about);
  if (!OidIsValid(table) || about_schema == nullptr || about_name == nullptr) return rows;
  Relation relation = table_open(table, AccessShareLock);
  if (RelationGetNumberOfAttributes(relation) < columns) {
    table_close(relation, AccessShareLock);
    return rows;
  }
  auto *names = static_cast<NameData *>(palloc0(2 * sizeof(NameData)));
  namestrcpy(&names[0], about_schema);
  namestrcpy(&names[1], about_name);
  ScanKeyData keys[2];
  ScanKeyInit(&keys[0], schema_column, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&names[0]));
  ScanKeyInit(&keys[1], table_column, BTEqualStrategyNumber, F_NAMEEQ, NameGetDatum(&names[1]));
  const Oid index = get_relname_relid(psprintf("%s_schema_name_table_name_idx", name), schema);
  rows.relation = relation;
  // In parallel mode no newer snapshot can be had.
  rows.snapshot = RegisterSnapshot(IsInParallelMode() ? GetActiveSnapshot() : GetLatestSnapshot());
  rows.scan = systable_beginscan(relation, index, OidIsValid(index), rows.snapshot, 2, keys);
  return rows;
}

bool next(Rows &rows) {
  rows.row = rows.relation == nullptr ? nullptr : systable_getnext(rows.scan);
  return HeapTupleIsValid(rows.row);
}

void end_rows(const Rows &rows) {
  if (rows.relation == nullptr) return;
  systable_endscan(rows.scan);
  UnregisterSnapshot(rows.snapshot);
  table_close(rows.relation, AccessShareLock);
}

Datum value_in(const Rows &rows, AttrNumber column, bool *is_null) {
  return heap_getattr(rows.row, column, RelationGetDescr(rows.relation), is_null);
}

std::string_view text_in(const Rows &rows, AttrNumber column) {
  bool is_null = false;
  const Datum value = value_in(rows, column, &is_null);
  return is_null ? std::string_view{} : view(DatumGetTextPP(value));
}

void read_management(Oid root, List *&drafts) {
  Rows rows = begin_rows("managed_table", managed_columns::hash, root);
  while (next(rows)) {
    const std::string_view application = text_in(rows, application_column);
    Draft *draft = draft_of(drafts, application);
    if (draft == nullptr) draft = new_draft(drafts, application);
    draft->hash = kept(text_in(rows, managed_columns::hash));
    draft->management.reports = text_in(rows, managed_columns::enforcement) == "report";
    draft->management.is_for_orm = text_in(rows, managed_columns::columns) == "orm";
  }
  end_rows(rows);
}

Verb verb_named(std::string_view name) noexcept {
  for (const Verb verb : {Verb::insert, Verb::update, Verb::remove})
    if (name == name_of(verb)) return verb;
  return Verb::read;
}

// A column that the table does not have gives no right; it may have been dropped.
Bitmapset *columns_named(Oid table, Datum names) {
  Datum *elements = nullptr;
  bool *nulls = nullptr;
  int count = 0;
  deconstruct_array(DatumGetArrayTypeP(names), TEXTOID, -1, false, TYPALIGN_INT, &elements, &nulls,
                    &count);
  Bitmapset *columns = nullptr;
  for (int i = 0; i < count; ++i) {
    if (nulls[i]) continue;
    const AttrNumber column = get_attnum(table, TextDatumGetCString(elements[i]));
    if (column != InvalidAttrNumber) columns = bms_add_member(columns, member_of(column));
  }
  return columns;
}

void read_rules(Oid root, Oid table, List *drafts) {
  Rows rows = begin_rows("rule", rule_columns::hash, root);
  while (next(rows)) {
    Draft *draft = draft_of(drafts, text_in(rows, application_column));
    if (draft == nullptr || draft->hash.empty() || text_in(rows, rule_columns::hash) != draft->hash)
      continue;
    bool is_null = false;
    const Datum columns = value_in(rows, rule_columns::columns, &is_null);
    const std::string_view role = text_in(rows, rule_columns::role);
    auto *rule = static_cast<ColumnRule *>(palloc0(sizeof(ColumnRule)));
    rule->api_context = kept(text_in(rows, rule_columns::api_context));
    if (role.data() != nullptr) rule->role = kept(role);
    rule->verb = verb_named(text_in(rows, rule_columns::verb));
    rule->has_all_columns = is_null;
    rule->columns = is_null ? nullptr : columns_named(table, columns);
    draft->management.rules = lappend(draft->management.rules, rule);
    draft->management.has_rules = true;
  }
  end_rows(rows);
}

Bitmapset *live_columns(Relation relation) {
  const TupleDesc columns = RelationGetDescr(relation);
  Bitmapset *live = nullptr;
  for (AttrNumber column = 1; column <= columns->natts; ++column)
    if (!TupleDescAttr(columns, column - 1)->attisdropped)
      live = bms_add_member(live, member_of(column));
  return live;
}

Oid root_of(Relation relation) {
  const Oid table = RelationGetRelid(relation);
  return relation->rd_rel->relispartition ? llast_oid(get_partition_ancestors(table)) : table;
}

// All that it makes is in the current memory context.
ManagedTable read_table(Oid table) {
  List *drafts = NIL;
  Relation relation = relation_open(table, AccessShareLock);
  ManagedTable read{table, root_of(relation), live_columns(relation), NIL, true, nullptr};
  read_policies(relation->rd_rsdesc, drafts);
  relation_close(relation, AccessShareLock);
  if (read.root != table) {
    Relation root = relation_open(read.root, AccessShareLock);
    read_policies(root->rd_rsdesc, drafts);
    relation_close(root, AccessShareLock);
  }
  read_management(read.root, drafts);
  if (drafts != NIL) read_rules(read.root, table, drafts);
  const ListCell *cell;
  foreach (cell, drafts)
    read.managements = lappend(read.managements, &static_cast<Draft *>(lfirst(cell))->management);
  return read;
}

const ManagedTable *renew(Oid table) {
  MemoryContext fresh =
      AllocSetContextCreate(CurrentMemoryContext, "pg_tenancy managed table", ALLOCSET_SMALL_SIZES);
  const MemoryContext caller = MemoryContextSwitchTo(fresh);
  const std::uint64_t before = invalidations;
  ManagedTable read = read_table(table);
  MemoryContextSwitchTo(caller);
  if (read.managements == NIL) {
    MemoryContextDelete(fresh);
    fresh = nullptr;
    read.live = nullptr;
  } else {
    MemoryContextSetParent(fresh, memory);
  }
  bool found = false;
  auto *entry = static_cast<ManagedTable *>(hash_search(tables, &table, HASH_ENTER, &found));
  if (found && entry->memory != nullptr) MemoryContextDelete(entry->memory);
  *entry = read;
  entry->memory = fresh;
  entry->is_current = !IsInParallelMode() && before == invalidations;
  return entry;
}

}  // namespace

void install_managed_tables() {
  CacheRegisterRelcacheCallback(on_relation, 0);
  CacheRegisterSyscacheCallback(NAMESPACEOID, on_name, 0);
  CacheRegisterSyscacheCallback(AUTHOID, on_name, 0);
}

const ManagedTable *managed_table(Oid table) {
  if (table < FirstNormalObjectId) return nullptr;
  AcceptInvalidationMessages();  // a long transaction may have missed a change
  if (stale || tables == nullptr) forget_all();
  const auto *entry =
      static_cast<const ManagedTable *>(hash_search(tables, &table, HASH_FIND, nullptr));
  if (entry == nullptr || !entry->is_current) entry = renew(table);
  return entry->managements == NIL ? nullptr : entry;
}

bool is_bound(const ManagedTable &managed, Oid user) {
  const ListCell *cell;
  foreach (cell, managed.managements)
    for (const Oid role : static_cast<const Management *>(lfirst(cell))->context_roles)
      if (OidIsValid(role) && has_privs_of_role(user, role)) return true;
  return false;
}

const Management *management_by(const ManagedTable &managed, std::string_view application) {
  const ListCell *cell;
  foreach (cell, managed.managements) {
    const auto *management = static_cast<const Management *>(lfirst(cell));
    if (management->application == application) return management;
  }
  return nullptr;
}

}  // namespace tenancy::pg
