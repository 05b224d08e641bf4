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

// Runs while a report is being sent, where nothing may fail: it works in place and allocates
// nothing.
void on_report(ErrorData *report) {
  redact(report->message);
  redact(report->detail);
  redact(report->detail_log);
  redact(report->hint);
  redact(report->context);
  redact(report->internalquery);
  if (!report->hide_stmt && statement_has_token()) report->hide_stmt = true;
  if (previous_emit_log != nullptr) previous_emit_log(report);
}

}  // namespace

void install_hygiene() {
  previous_emit_log = emit_log_hook;
  emit_log_hook = on_report;
}

void hide_statement() {
  if (statement_has_token()) pgstat_report_activity(STATE_RUNNING, "<login>");
}

}  // namespace tenancy::pg
