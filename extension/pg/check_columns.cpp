// tenancy.check_columns(): the trigger of tables with columns: orm, whose users write every column
// of a row and change few. The row's values are judged, not what the statement names.
//
// The row is seen as the triggers before this one have left it, in the order of their names. It is
// judged as the current user's, also where a definer view was written to.
#include "pg/answer.hpp"
#include "pg/boundary.hpp"
#include "pg/column_rules.hpp"
#include "pg/report.hpp"
#include "pg/session.hpp"

namespace tenancy::pg {
namespace {

// The default of a column, if it gives the same value whenever a statement asks.
struct Default {
  bool is_prepared;
  ExprState *state;  // null: none, or it is another each time
};

// What is known for all rows of a statement.
struct Check {
  Moment moment;
  Oid user;
  bool is_update;
  bool passes;         // nothing is judged
  Bitmapset *columns;  // that the user may write as he likes
  MemoryContext memory;
  Default *defaults;
  ExprContext *evaluation;
};

Verb verb_of(const Check &check) noexcept {
  return check.is_update ? Verb::update : Verb::insert;
}

[[noreturn]] void refuse_call(const char *why) {
  ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
                  errmsg("tenancy.check_columns() %s", why)));
  pg_unreachable();
}

void require_trigger(FunctionCallInfo fcinfo) {
  if (!CALLED_AS_TRIGGER(fcinfo)) refuse_call("is a trigger function");
  const TriggerEvent event = reinterpret_cast<TriggerData *>(fcinfo->context)->tg_event;
  if (!TRIGGER_FIRED_BEFORE(event) || !TRIGGER_FIRED_FOR_ROW(event) ||
      TRIGGER_FIRED_BY_DELETE(event))
    refuse_call("must be fired before insert or update, for each row");
}

void start(Check &check, Oid table, bool is_update, MemoryContext memory) {
  check = {};
  check.memory = memory;
  check.moment = this_moment();
  check.user = GetUserId();
  check.is_update = is_update;
  check.passes = true;
  if (is_exempt(check.user)) return;
  const ManagedTable *managed = managed_table(table);
  if (managed == nullptr || !is_bound(*managed, check.user)) return;
  const auto [management, identity, right] = judgement_for(*managed, verb_of(check));
  check.passes = management == nullptr || right.has_all_columns || !management->is_for_orm;
  const MemoryContext caller = MemoryContextSwitchTo(memory);
  check.columns = bms_copy(right.columns);
  MemoryContextSwitchTo(caller);
}

void prepare(Check &check, Relation relation, int index) {
  if (check.defaults == nullptr) {
    check.defaults = static_cast<Default *>(MemoryContextAllocZero(
        check.memory, sizeof(Default) * RelationGetNumberOfAttributes(relation)));
    const MemoryContext caller = MemoryContextSwitchTo(check.memory);
    check.evaluation = CreateStandaloneExprContext();
    MemoryContextSwitchTo(caller);
  }
  Default &column = check.defaults[index];
  if (column.is_prepared) return;
  const MemoryContext caller = MemoryContextSwitchTo(check.memory);
  Node *expression = build_column_default(relation, index + 1);
  if (expression != nullptr && !contain_volatile_functions(expression))
    column.state = ExecInitExpr(expression_planner(reinterpret_cast<Expr *>(expression)), nullptr);
  MemoryContextSwitchTo(caller);
  column.is_prepared = true;
}

bool is_default(Check &check, Relation relation, int index, Datum value) {
  prepare(check, relation, index);
  ExprState *state = check.defaults[index].state;
  if (state == nullptr) return false;
  bool is_null = false;
  const Datum given = ExecEvalExprSwitchContext(state, check.evaluation, &is_null);
  const Form_pg_attribute column = TupleDescAttr(RelationGetDescr(relation), index);
  const bool same = !is_null && datum_image_eq(value, given, column->attbyval, column->attlen);
  ResetExprContext(check.evaluation);
  return same;
}

struct Row {
  Datum *values;
  bool *nulls;
};

Row row_of(HeapTuple tuple, TupleDesc columns) {
  const auto count = static_cast<std::size_t>(columns->natts);
  Row row{static_cast<Datum *>(palloc(sizeof(Datum) * count)),
          static_cast<bool *>(palloc(sizeof(bool) * count))};
  heap_deform_tuple(tuple, columns, row.values, row.nulls);
  return row;
}

bool is_unchanged(const Row &before, const Row &after, int index, Form_pg_attribute column) {
  if (before.nulls[index] || after.nulls[index]) return before.nulls[index] == after.nulls[index];
  return datum_image_eq(before.values[index], after.values[index], column->attbyval,
                        column->attlen);
}

void refuse_or_count(const Check &check, Oid table, AttrNumber column) {
  const ManagedTable *managed = managed_table(table);
  if (managed == nullptr) return;
  const auto [management, identity, right] = judgement_for(*managed, verb_of(check));
  if (management == nullptr) return;
  if (!management->reports) refuse_column(*managed, *management, *identity, verb_of(check), column);
  count(managed->root, verb_of(check), Finding::missing_column, 1);
}

// Gives the first column with a value that the user may not write; InvalidAttrNumber if none has.
AttrNumber first_wrong(Check &check, const TriggerData *trigger) {
  Relation relation = trigger->tg_relation;
  const TupleDesc columns = RelationGetDescr(relation);
  const Row after = row_of(check.is_update ? trigger->tg_newtuple : trigger->tg_trigtuple, columns);
  const Row before = check.is_update ? row_of(trigger->tg_trigtuple, columns) : Row{};
  for (int index = 0; index < columns->natts; ++index) {
    const Form_pg_attribute column = TupleDescAttr(columns, index);
    if (column->attisdropped || column->attgenerated != '\0' ||
        bms_is_member(member_of(column->attnum), check.columns))
      continue;
    if (check.is_update
            ? is_unchanged(before, after, index, column)
            : after.nulls[index] || is_default(check, relation, index, after.values[index]))
      continue;
    if (!check.is_update) {
      const ManagedTable *managed = managed_table(RelationGetRelid(relation));
      if (managed != nullptr && !is_named_in_insert(*managed, column->attnum)) continue;
    }
    return column->attnum;
  }
  return InvalidAttrNumber;
}

HeapTuple check_columns(FunctionCallInfo fcinfo) {
  require_trigger(fcinfo);
  const auto *trigger = reinterpret_cast<const TriggerData *>(fcinfo->context);
  const bool is_update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
  const Oid table = RelationGetRelid(trigger->tg_relation);
  auto *check = kept<Check>(fcinfo);
  if (!holds(check->moment) || check->user != GetUserId() || check->is_update != is_update)
    start(*check, table, is_update, fcinfo->flinfo->fn_mcxt);
  if (!check->passes) {
    const AttrNumber column = first_wrong(*check, trigger);
    if (column != InvalidAttrNumber) refuse_or_count(*check, table, column);
  }
  return is_update ? trigger->tg_newtuple : trigger->tg_trigtuple;
}

}  // namespace
}  // namespace tenancy::pg

extern "C" {

PG_FUNCTION_INFO_V1(tenancy_check_columns);
Datum tenancy_check_columns(PG_FUNCTION_ARGS) {
  PG_RETURN_POINTER(tenancy::pg::check_columns(fcinfo));
}

}  // extern "C"
