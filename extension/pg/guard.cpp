#include "pg/guard.hpp"

#include <cstring>

#include "pg/kept_setting.hpp"
#include "pg/pool.hpp"
#include "pg/residue.hpp"
#include "pg/session.hpp"
#include "pg/test_mode.hpp"

namespace tenancy::pg {
namespace {

constinit ProcessUtility_hook_type previous_utility = nullptr;
constinit post_parse_analyze_hook_type previous_analyze = nullptr;

[[noreturn]] void refuse_statement(const char *what, const char *hint) {
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("%s is not allowed to pool role \"%s\"", what,
                         GetUserNameFromId(GetSessionUserId(), false)),
                  errhint("%s", hint)));
  pg_unreachable();
}

void require_allowed(const VariableSetStmt *set) {
  const bool of_transaction =
      set->kind == VAR_SET_MULTI && std::strncmp(set->name, "TRANSACTION", 11) == 0;
  if (set->is_local || set->kind == VAR_RESET_ALL || of_transaction) return;
  const char *value = set->kind == VAR_SET_VALUE
                          ? ExtractSetVariableArgs(const_cast<VariableSetStmt *>(set))
                          : nullptr;
  const bool is_reset = set->kind == VAR_RESET || set->kind == VAR_SET_DEFAULT ||
                        (std::strcmp(set->name, "role") == 0 && std::strcmp(value, "none") == 0);
  if (set->kind == VAR_SET_MULTI)
    refuse_statement(
        "SET SESSION CHARACTERISTICS",
        "Name the characteristics in BEGIN or SET TRANSACTION, or store them with ALTER "
        "ROLE ... SET default_transaction_isolation.");
  if (!is_kept_setting(set->name)) {
    if (is_reset) return;
    refuse_statement(psprintf("SET %s", set->name),
                     "Use SET LOCAL, which ends with the transaction, or have the setting stored "
                     "with ALTER ROLE ... SET.");
  }
  if (transaction_has_identity() && !identity_is_the_connections())
    refuse_statement(psprintf("SET %s with an identity", set->name),
                     "Use SET LOCAL; drivers set it when they connect, before a login.");
  if (!is_reset && !is_safe_value(set->name, value))
    refuse_statement(psprintf("this value of %s", set->name),
                     "The quoting of the connection's next client rests on client_encoding UTF8 "
                     "and standard_conforming_strings on.");
}

// Other trusted languages keep variables, and even functions, for the connection's next client.
void require_allowed(const DoStmt *block) {
  const ListCell *cell;
  foreach (cell, block->args) {
    const auto *option = lfirst_node(DefElem, cell);
    if (std::strcmp(option->defname, "language") == 0 &&
        std::strcmp(strVal(option->arg), "plpgsql") != 0)
      refuse_statement(psprintf("DO LANGUAGE %s", strVal(option->arg)),
                       "Write the block in PL/pgSQL, or make it a function of another role.");
  }
}

// A pooler or driver goes on to use the statement that it does not know to be gone. It sees a
// client's own DEALLOCATE, but not one inside a block, and its own names are not a client's.
void require_allowed(const DeallocateStmt *deallocate, bool is_top_level) {
  constexpr std::string_view poolers = "PGBOUNCER_";
  if (!is_top_level)
    refuse_statement("DEALLOCATE inside another statement", "Send it as a statement of its own.");
  if (deallocate->name != nullptr && std::string_view(deallocate->name).starts_with(poolers))
    refuse_statement("DEALLOCATE of a pooler's statement",
                     "It belongs to all clients of the pooler.");
}

void require_allowed(const Node *statement, bool is_top_level) {
  switch (nodeTag(statement)) {
    case T_VariableSetStmt:
      return require_allowed(reinterpret_cast<const VariableSetStmt *>(statement));
    case T_PrepareStmt:
      refuse_statement("PREPARE",
                       "Prepare statements by the protocol, as drivers do: one that SQL made would "
                       "wait for the connection's next client.");
    case T_DeallocateStmt:
      return require_allowed(reinterpret_cast<const DeallocateStmt *>(statement), is_top_level);
    case T_DoStmt:
      return require_allowed(reinterpret_cast<const DoStmt *>(statement));
    case T_ListenStmt:
      refuse_statement("LISTEN", "Listen in a connection of a role that is no pool.");
    case T_NotifyStmt:
      refuse_statement("NOTIFY",
                       "Notify in a trigger or function of another role: listeners cannot tell "
                       "one tenant's events from another's.");
    case T_LoadStmt:
      refuse_statement("LOAD", "Name the library in shared_preload_libraries.");
    case T_LockStmt:
      refuse_statement("LOCK", "Use SELECT ... FOR UPDATE on the rows.");
    case T_DeclareCursorStmt:
      if ((reinterpret_cast<const DeclareCursorStmt *>(statement)->options & CURSOR_OPT_HOLD) != 0)
        refuse_statement("a cursor WITH HOLD", "Read a cursor within its transaction.");
      return;
    default:
      if (GetCommandLogLevel(const_cast<Node *>(statement)) == LOGSTMT_DDL)
        refuse_statement(GetCommandTagName(CreateCommandTag(const_cast<Node *>(statement))),
                         "Change definitions, temporary ones too, as a role that is no pool.");
  }
}

bool ends_identity(const Node *statement) {
  if (IsA(statement, DiscardStmt))
    return reinterpret_cast<const DiscardStmt *>(statement)->target == DISCARD_ALL;
  return IsA(statement, VariableSetStmt) &&
         reinterpret_cast<const VariableSetStmt *>(statement)->kind == VAR_RESET_ALL;
}

// What ends a transaction must run where no catalog can be read.
void before(const Node *statement, bool is_top_level) {
  if (IsA(statement, TransactionStmt)) {
    if (reinterpret_cast<const TransactionStmt *>(statement)->kind == TRANS_STMT_PREPARE &&
        IsTransactionState() && acts_as_pool())
      refuse_statement("PREPARE TRANSACTION", "Commit in one phase.");
    return;
  }
  if (acts_as_pool()) require_allowed(statement, is_top_level);
  note_statement(statement);
  if (ends_identity(statement)) end_identity();
}

void on_utility(PlannedStmt *planned, const char *query, bool read_only_tree,
                ProcessUtilityContext context, ParamListInfo parameters,
                QueryEnvironment *environment, DestReceiver *receiver,
                QueryCompletion *completion) {
  before(planned->utilityStmt, context == PROCESS_UTILITY_TOPLEVEL);
  const auto next = previous_utility != nullptr ? previous_utility : standard_ProcessUtility;
  next(planned, query, read_only_tree, context, parameters, environment, receiver, completion);
}

// PL/pgSQL keeps what it has parsed for as long as the connection lives, the next tenant's calls
// included; so nothing may be parsed under settings that change what the text means.
void on_analyze(ParseState *state, Query *query, JumbleState *jumble) {
  if ((!standard_conforming_strings || Transform_null_equals) &&
      query->commandType != CMD_UTILITY && !in_test() && is_pool(GetSessionUserId()))
    refuse_statement(standard_conforming_strings ? "a statement with transform_null_equals on"
                                                 : "a statement with standard_conforming_strings "
                                                   "off",
                     "Reset the setting: PL/pgSQL keeps what it has parsed for the connection's "
                     "next client.");
  if (previous_analyze != nullptr) previous_analyze(state, query, jumble);
}

}  // namespace

void install_guard() {
  previous_analyze = post_parse_analyze_hook;
  post_parse_analyze_hook = on_analyze;
  previous_utility = ProcessUtility_hook;
  ProcessUtility_hook = on_utility;
}

}  // namespace tenancy::pg
