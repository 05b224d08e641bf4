#include "pg/column_rules.hpp"

#include "pg/boundary.hpp"
#include "pg/report.hpp"
#include "pg/session.hpp"

namespace tenancy::pg {
namespace {

constinit ExecutorCheckPerms_hook_type previous_check = nullptr;

// What INSERTs of the client's statement name in tables with columns: orm. A nested statement adds
// to it, which refuses more, never less.
struct Named {
  Oid table;
  Oid root;
  Bitmapset *columns;
};
constinit MemoryContext named_memory = nullptr;
constinit List *named = NIL;
constinit TimestampTz named_at = 0;

void note_named(const ManagedTable &managed, const Bitmapset *columns) {
  if (named_memory == nullptr)
    named_memory =
        AllocSetContextCreate(TopMemoryContext, "pg_tenancy named columns", ALLOCSET_SMALL_SIZES);
  if (named_at != GetCurrentStatementStartTimestamp()) {
    named = NIL;
    MemoryContextReset(named_memory);
    named_at = GetCurrentStatementStartTimestamp();
  }
  const MemoryContext caller = MemoryContextSwitchTo(named_memory);
  auto *insert = static_cast<Named *>(palloc(sizeof(Named)));
  *insert = {managed.table, managed.root, bms_copy(columns)};
  named = lappend(named, insert);
  MemoryContextSwitchTo(caller);
}

bool holds_role(const ColumnRule &rule, const Identity &identity) {
  return rule.role.data() == nullptr || has_role(identity, rule.role);
}

bool applies(const ColumnRule &rule, const Identity &identity, Verb verb) {
  return rule.verb == verb && rule.api_context == text_of(identity, identity.api_context) &&
         holds_role(rule, identity);
}

Right right_of(const Management &management, const Identity &identity, Verb verb) {
  Right right{};
  const ListCell *cell;
  foreach (cell, management.rules) {
    const auto &rule = *static_cast<const ColumnRule *>(lfirst(cell));
    if (!applies(rule, identity, verb)) continue;
    if (rule.has_all_columns) return {true, true, nullptr};
    // The first rule's own set is given out where it is the only one.
    right.columns = right.has_rule ? bms_union(right.columns, rule.columns) : rule.columns;
    right.has_rule = true;
  }
  return right;
}

// The same, kept until another identity is bound.
const Right &known_right(const ManagedTable &managed, const Management &management,
                         const Identity &identity, Verb verb) {
  const auto index = static_cast<std::size_t>(verb);
  Right &known = management.known_rights[index];
  std::uint64_t &known_at = management.known_at[index];
  if (likely(known_at == identity_generation())) return known;
  known_at = 0;
  const Right right = right_of(management, identity, verb);
  const MemoryContext caller = MemoryContextSwitchTo(managed.memory);
  Bitmapset *columns = bms_copy(right.columns);
  MemoryContextSwitchTo(caller);
  bms_free(known.columns);
  known = {right.has_rule, right.has_all_columns, columns};
  known_at = identity_generation();
  return known;
}

// A whole row is all columns.
const Bitmapset *expanded(const Bitmapset *columns, const Bitmapset *live) {
  if (!bms_is_member(member_of(InvalidAttrNumber), columns)) return columns;
  return bms_del_member(bms_union(columns, live), member_of(InvalidAttrNumber));
}

// The first column that is asked for and not given; InvalidAttrNumber if there is none.
AttrNumber first_missing(const Right &right, const Bitmapset *asked, const Bitmapset *live) {
  if (right.has_all_columns || bms_is_subset(asked, right.columns)) return InvalidAttrNumber;
  const Bitmapset *missing = bms_difference(expanded(asked, live), right.columns);
  const int first = bms_next_member(missing, -1);
  return first < 0 ? InvalidAttrNumber
                   : static_cast<AttrNumber>(first + FirstLowInvalidHeapAttributeNumber);
}

const char *preposition(Verb verb) {
  return verb == Verb::insert ? "into" : verb == Verb::remove ? "from" : "";
}

// Which rules would do, for the hint; column InvalidAttrNumber: any rule of the verb.
void list_roles(StringInfo list, const Management &management, Verb verb, AttrNumber column,
                std::string_view api_context) {
  const ListCell *cell;
  foreach (cell, management.rules) {
    const auto &rule = *static_cast<const ColumnRule *>(lfirst(cell));
    if (rule.verb != verb || rule.api_context != api_context || rule.role.data() == nullptr ||
        !(rule.has_all_columns || column == InvalidAttrNumber ||
          bms_is_member(member_of(column), rule.columns)))
      continue;
    const char *role = psprintf("\"%.*s\"", static_cast<int>(rule.role.size()), rule.role.data());
    if (list->len > 0 && strstr(list->data, role) != nullptr) continue;
    if (list->len > 0) appendStringInfoString(list, " or ");
    appendStringInfoString(list, role);
  }
}

int hint_roles(const Management &management, const Identity &identity, Verb verb,
               AttrNumber column) {
  const std::string_view own = text_of(identity, identity.api_context);
  StringInfoData list;
  initStringInfo(&list);
  list_roles(&list, management, verb, column, own);
  if (list.len > 0)
    return errhint("It takes the role %s in API context \"%s\".", list.data, own.data());
  for (const std::string_view other : {std::string_view{"app"}, std::string_view{"dashboard"}}) {
    if (other != own) list_roles(&list, management, verb, column, other);
    if (list.len > 0)
      return errhint("It takes API context \"%s\" and the role %s.", other.data(), list.data);
  }
  return errhint("No rule of the policy of application \"%s\" gives it to a role.",
                 text_of(identity, identity.application).data());
}

[[noreturn]] void refuse_verb(const ManagedTable &managed, const Management *management,
                              const Identity &identity, Verb verb) {
  const char *separator = verb == Verb::insert || verb == Verb::remove ? " " : "";
  ereport(ERROR,
          (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
           errmsg("permission denied to %s %s%stable \"%s\"", name_of(verb), preposition(verb),
                  separator, get_rel_name(managed.table)),
           management != nullptr
               ? hint_roles(*management, identity, verb, InvalidAttrNumber)
               : errhint("The identity is of application \"%s\", whose policy does not manage "
                         "the table.",
                         text_of(identity, identity.application).data())));
  pg_unreachable();
}

[[noreturn]] void refuse_unknown(const ManagedTable &managed, const Management &management) {
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("the rules of table \"%s\" are missing", get_rel_name(managed.table)),
                  errdetail("It has policies of application \"%.*s\", but no rows in "
                            "tenancy.managed_table and tenancy.rule that belong to them.",
                            static_cast<int>(management.application.size()),
                            management.application.data()),
                  errhint("Apply the policy again.")));
  pg_unreachable();
}

bool is_reporting(const ManagedTable &managed) {
  const ListCell *cell;
  foreach (cell, managed.managements)
    if (!static_cast<const Management *>(lfirst(cell))->reports) return false;
  return true;
}

struct Use {
  AclMode need;
  Verb verb;
};
constexpr Use uses[] = {{ACL_SELECT, Verb::read},
                        {ACL_INSERT, Verb::insert},
                        {ACL_UPDATE, Verb::update},
                        {ACL_DELETE, Verb::remove}};

const Bitmapset *columns_of(const Permission &permission, Verb verb) noexcept {
  switch (verb) {
    case Verb::read:
      return permission.selectedCols;
    case Verb::insert:
      return permission.insertedCols;
    case Verb::update:
      return permission.updatedCols;
    case Verb::remove:
      break;
  }
  return nullptr;
}

void judge_use(const ManagedTable &managed, const Permission &permission, Verb verb) {
  const auto [management, identity, right] = judgement_for(managed, verb);
  if (management == nullptr) return;
  const bool by_trigger = management->is_for_orm && (verb == Verb::insert || verb == Verb::update);
  const Bitmapset *asked = columns_of(permission, verb);
  if (by_trigger && verb == Verb::insert) note_named(managed, asked);
  if (asked == nullptr || (by_trigger && verb == Verb::insert)) return;
  // The trigger lets an unchanged value pass: of a column that the user may not read, it would tell
  // which guess is right.
  if (by_trigger) {
    const Right &readable = known_right(managed, *management, *identity, Verb::read);
    if (readable.has_all_columns) return;
    asked = bms_difference(expanded(asked, managed.live), readable.columns);
  }
  const AttrNumber missing = first_missing(right, asked, managed.live);
  if (missing == InvalidAttrNumber) return;
  if (!management->reports) refuse_column(managed, *management, *identity, verb, missing);
  count(managed.root, verb, Finding::missing_column, 0);
}

void judge(const Permission &permission) {
  const Oid user = OidIsValid(permission.checkAsUser) ? permission.checkAsUser : GetUserId();
  if (permission.relid < FirstNormalObjectId || is_exempt(user)) return;
  const ManagedTable *managed = managed_table(permission.relid);
  if (managed == nullptr || !is_bound(*managed, user)) return;
  for (const auto &[need, verb] : uses)
    if ((permission.requiredPerms & need) != 0) judge_use(*managed, permission, verb);
}

bool on_check(CHECK_PERMS_PARAMETERS) {
  if (previous_check != nullptr && !previous_check(CHECK_PERMS_ARGUMENTS)) return false;
  const ListCell *cell;
  foreach (cell, CHECK_PERMS_LIST) {
    const auto &permission = *static_cast<const Permission *>(lfirst(cell));
    if (permission.requiredPerms != 0 && is_of_relation(permission)) judge(permission);
  }
  return true;
}

}  // namespace

void install_column_rules() {
  previous_check = ExecutorCheckPerms_hook;
  ExecutorCheckPerms_hook = on_check;
}

bool is_exempt(Oid user) {
  return InNoForceRLSOperation() || has_bypassrls_privilege(user);
}

Judgement judgement_for(const ManagedTable &managed, Verb verb) {
  const Identity *identity = peek_identity();
  const Management *management =
      identity == nullptr ? nullptr
                          : management_by(managed, text_of(*identity, identity->application));
  const bool reports = management != nullptr ? management->reports : is_reporting(managed);
  if (identity == nullptr) {
    if (reports)
      count(managed.root, verb, Finding::no_identity, 0);
    else
      live_identity();
    return {};
  }
  if (!reports && management != nullptr && !management->has_rules)
    refuse_unknown(managed, *management);
  const Right right =
      management != nullptr ? known_right(managed, *management, *identity, verb) : Right{};
  if (right.has_rule) return {management, identity, right};
  if (!reports) refuse_verb(managed, management, *identity, verb);
  count(managed.root, verb, Finding::missing_right, 0);
  return {};
}

void refuse_column(const ManagedTable &managed, const Management &management,
                   const Identity &identity, Verb verb, AttrNumber column) {
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("permission denied to %s column \"%s\" of table \"%s\"", name_of(verb),
                         get_attname(managed.table, column, false), get_rel_name(managed.table)),
                  hint_roles(management, identity, verb, column)));
  pg_unreachable();
}

bool is_named_in_insert(const ManagedTable &managed, AttrNumber column) {
  if (named_at != GetCurrentStatementStartTimestamp()) return true;
  const char *name = get_attname(managed.table, column, false);
  bool is_noted = false;
  const ListCell *cell;
  foreach (cell, named) {
    const auto &insert = *static_cast<const Named *>(lfirst(cell));
    if (insert.root != managed.root) continue;
    is_noted = true;
    const AttrNumber there =
        insert.table == managed.table ? column : get_attnum(insert.table, name);
    if (bms_is_member(member_of(there), insert.columns)) return true;
  }
  return !is_noted;
}

}  // namespace tenancy::pg
