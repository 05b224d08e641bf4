#include "pg/hygiene.hpp"

#include <cstring>

#include "core/redact.hpp"

namespace tenancy::pg {
namespace {

constinit emit_log_hook_type previous_emit_log = nullptr;
constinit post_parse_analyze_hook_type previous_analyze = nullptr;
constinit ExecutorStart_hook_type previous_start = nullptr;
constinit ProcessUtility_hook_type previous_utility = nullptr;
// A prepared statement keeps a copy of its text from before it was analysed, so that from the first
// token on every statement is looked at again when it is executed; before, none is.
constinit bool met_token = false;

bool redact(char *text) noexcept {
  return text != nullptr && redact_tokens({text, std::strlen(text)}) > 0;
}

constexpr const char secret_function[] = "add_secret_key";
constexpr const char word_characters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-";

bool has_secret(const char *statement) noexcept {
  return statement != nullptr && strcasestr(statement, secret_function) != nullptr;
}

// Within the call's parentheses: what stands in quotes, and what is too long for a name there. The
// rest is left, since pg_stat_statements reads the text again.
void mask_secrets(char *text) noexcept {
  constexpr std::size_t longest_name = 15;
  char *call = text == nullptr ? nullptr : strcasestr(text, secret_function);
  for (; call != nullptr; call = strcasestr(call, secret_function)) {
    call += std::strlen(secret_function);
    call += std::strspn(call, "\" \t\r\n");
    if (*call != '(') continue;
    int depth = 0;
    bool quoted = false;
    for (; *call != '\0'; ++call) {
      if (*call == '\'') {
        quoted = !quoted;
      } else if (quoted) {
        *call = '*';
      } else if (const std::size_t word = std::strspn(call, word_characters); word > longest_name) {
        std::memset(call, '*', word);
      } else if (*call == '(') {
        ++depth;
      } else if (*call == ')' && --depth <= 0) {
        break;
      }
    }
  }
}

// The values of bind parameters, which nothing names.
void mask_all(char *text) noexcept {
  if (text != nullptr) std::memset(text, '*', std::strlen(text));
}

// Statement texts are constant by their type alone: each is a copy that the server took for the
// statement, and once parsed it serves only to be shown. What shows it later (pg_stat_statements,
// auto_explain, pg_cursors, the log) has the same pointer.
void redact_statement(const char *text) noexcept {
  const bool is_secret = has_secret(text);
  if (text == nullptr || !(is_secret || has_token(text))) return;
  met_token = true;
  redact(const_cast<char *>(text));
  if (is_secret) mask_secrets(const_cast<char *>(text));
  if (text == debug_query_string) pgstat_report_activity(STATE_RUNNING, text);
}

void on_analyze(ParseState *state, Query *query, JumbleState *jumble) {
  redact_statement(state->p_sourcetext);
  if (previous_analyze != nullptr) previous_analyze(state, query, jumble);
}

void on_start(QueryDesc *query, int flags) {
  if (met_token) redact_statement(query->sourceText);
  if (previous_start != nullptr)
    previous_start(query, flags);
  else
    standard_ExecutorStart(query, flags);
}

void on_utility(PlannedStmt *statement, const char *text, bool read_only_tree,
                ProcessUtilityContext context, ParamListInfo parameters,
                QueryEnvironment *environment, DestReceiver *receiver,
                QueryCompletion *completion) {
  if (met_token) redact_statement(text);
  if (previous_utility != nullptr)
    previous_utility(statement, text, read_only_tree, context, parameters, environment, receiver,
                     completion);
  else
    standard_ProcessUtility(statement, text, read_only_tree, context, parameters, environment,
                            receiver, completion);
}

// Runs while a report is being sent, where nothing may fail: it works in place and allocates
// nothing. A statement that fails before it is analysed is met here alone.
void on_report(ErrorData *report) {
  redact(report->message);
  redact(report->detail);
  redact(report->detail_log);
  redact(report->hint);
  redact(report->context);
  redact(report->internalquery);
  if (has_secret(debug_query_string)) {
    mask_secrets(report->message);
    mask_all(report->detail);
    mask_all(report->detail_log);
    mask_all(report->context);  // log_parameter_max_length_on_error has parameters here
    mask_secrets(report->internalquery);
    report->hide_stmt = true;
  }
  // One that is reported while it may still be parsed must stay as it is.
  if (report->elevel >= ERROR)
    redact_statement(debug_query_string);
  else if (debug_query_string != nullptr && has_token(debug_query_string))
    report->hide_stmt = true;
  if (previous_emit_log != nullptr) previous_emit_log(report);
}

}  // namespace

void install_hygiene() {
  previous_emit_log = emit_log_hook;
  emit_log_hook = on_report;
  previous_analyze = post_parse_analyze_hook;
  post_parse_analyze_hook = on_analyze;
  previous_start = ExecutorStart_hook;
  ExecutorStart_hook = on_start;
  previous_utility = ProcessUtility_hook;
  ProcessUtility_hook = on_utility;
}

void hide_statement() {
  redact_statement(debug_query_string);
}

}  // namespace tenancy::pg
