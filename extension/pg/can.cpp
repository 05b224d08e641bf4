// can(): whether a rule of the applied policy lets the bound user use a verb on a table.
#include "pg/answer.hpp"
#include "pg/boundary.hpp"

namespace tenancy::pg {
namespace {

// The columns of tenancy.rule.
enum : AttrNumber { application = 1, schema_name, table_name, api_context, role, verb };

struct Question {
  std::string_view table;
  std::string_view verb;
};

struct Row {
  HeapTuple tuple;
  TupleDesc columns;
};

std::string_view text_in(const Row &row, AttrNumber column) {
  bool is_null = false;
  const Datum value = heap_getattr(row.tuple, column, row.columns, &is_null);
  return is_null ? std::string_view{} : view(DatumGetTextPP(value));
}

std::string_view name_in(const Row &row, AttrNumber column) {
  bool is_null = false;
  const Datum value = heap_getattr(row.tuple, column, row.columns, &is_null);
  return is_null ? std::string_view{} : NameStr(*DatumGetName(value));
}

// The table's name, alone or behind its schema's and a dot.
bool is_named(std::string_view asked, std::string_view schema, std::string_view table) noexcept {
  if (asked == table) return true;
  return asked.size() == schema.size() + 1 + table.size() && asked.starts_with(schema) &&
         asked[schema.size()] == '.' && asked.ends_with(table);
}

bool grants(const Row &row, const Identity &identity, const Question &question) {
  if (text_in(row, verb) != question.verb ||
      !is_named(question.table, name_in(row, schema_name), name_in(row, table_name)) ||
      text_in(row, application) != text_of(identity, identity.application) ||
      text_in(row, api_context) != text_of(identity, identity.api_context))
    return false;
  const std::string_view needed = text_in(row, role);
  return needed.data() == nullptr || has_role(identity, needed);
}

bool is_granted(const Identity &identity, const Question &question) {
  Relation rules =
      table_open(get_relname_relid("rule", get_namespace_oid("tenancy", false)), AccessShareLock);
  SysScanDesc scan = systable_beginscan(rules, InvalidOid, false, GetActiveSnapshot(), 0, nullptr);
  bool granted = false;
  Row row{nullptr, RelationGetDescr(rules)};
  while (!granted && HeapTupleIsValid(row.tuple = systable_getnext(scan)))
    granted = grants(row, identity, question);
  systable_endscan(scan);
  table_close(rules, AccessShareLock);
  return granted;
}

// What the rules that a statement sees depend on: what the session itself has done, or has rolled
// back with a subtransaction, and what others have committed. Their commits either raise xmax or
// take a transaction below it from those in progress, so that their number stands for all of them.
struct Sight {
  TransactionId xmax;
  uint32 in_progress;
  int32 subtransactions_in_progress;
  SubTransactionId subtransaction;
  CommandId command;
  bool operator==(const Sight &) const = default;
};

Sight this_sight() noexcept {
  const SnapshotData &snapshot = *GetActiveSnapshot();
  return {snapshot.xmax, snapshot.xcnt, snapshot.subxcnt, GetCurrentSubTransactionId(),
          snapshot.curcid};
}

struct Answer {
  Moment moment;
  Sight sight;
  bool granted;
};

bool answer_to(FunctionCallInfo fcinfo) {
  const Identity *identity = live_identity();
  if (identity == nullptr || PG_ARGISNULL(0) || PG_ARGISNULL(1)) return false;
  return is_granted(*identity, {view(PG_GETARG_TEXT_PP(0)), view(PG_GETARG_TEXT_PP(1))});
}

bool can(FunctionCallInfo fcinfo) {
  const auto *answer = static_cast<const Answer *>(fcinfo->flinfo->fn_extra);
  if (likely(answer != nullptr && holds(answer->moment) && answer->sight == this_sight()))
    return answer->granted;
  const bool granted = answer_to(fcinfo);
  if (arguments_are_literals(fcinfo))
    *kept<Answer>(fcinfo) = {this_moment(), this_sight(), granted};
  return granted;
}

}  // namespace
}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_can);
Datum tenancy_can(PG_FUNCTION_ARGS) {
  PG_RETURN_BOOL(tenancy::pg::can(fcinfo));
}

}  // extern "C"
