#include "pg/hygiene.hpp"

#include <cstring>

#include "core/redact.hpp"

namespace tenancy::pg {
namespace {

constinit emit_log_hook_type previous_emit_log = nullptr;

void redact(char *text) noexcept {
  if (text != nullptr) redact_tokens({text, std::strlen(text)});
}

bool statement_has_token() noexcept {
  return debug_query_string != nullptr && has_token(debug_query_string);
}

constexpr const char secret_function[] = "add_secret_key";

bool statement_has_secret() noexcept {
  return debug_query_string != nullptr &&
         strcasestr(debug_query_string, secret_function) != nullptr;
}

// What stands in quotes behind the function's name; the statement itself stays to be read.
void mask_secrets(char *text) noexcept {
  char *c = text == nullptr ? nullptr : strcasestr(text, secret_function);
  for (bool quoted = false; c != nullptr && *c != '\0'; ++c) {
    if (*c == '\'')
      quoted = !quoted;
    else if (quoted)
      *c = '*';
  }
}

// The values of bind parameters, which nothing names.
void mask_all(char *text) noexcept {
  if (text != nullptr) std::memset(text, '*', std::strlen(text));
}

// Runs while a report is being sent, where nothing may fail: it works in place and allocates
// nothing.
void on_report(ErrorData *report) {
  redact(report->message);
  redact(report->detail);
  redact(report->detail_log);
  redact(report->hint);
  redact(report->context);
  redact(report->internalquery);
  if (statement_has_secret()) {
    mask_secrets(report->message);
    mask_all(report->detail);
    mask_all(report->detail_log);
    mask_all(report->context);  // log_parameter_max_length_on_error has parameters here
    mask_secrets(report->internalquery);
    report->hide_stmt = true;
  }
  if (!report->hide_stmt && statement_has_token()) report->hide_stmt = true;
  if (previous_emit_log != nullptr) previous_emit_log(report);
}

}  // namespace

void install_hygiene() {
  previous_emit_log = emit_log_hook;
  emit_log_hook = on_report;
}

void hide_statement() {
  if (statement_has_token() || statement_has_secret())
    pgstat_report_activity(STATE_RUNNING, statement_has_secret() ? "<secret key>" : "<login>");
}

}  // namespace tenancy::pg
