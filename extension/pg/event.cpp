#include "pg/event.hpp"

namespace tenancy::pg {
namespace {

// Names come from administrators, yet a line break in one must not start a new line of the log.
void append(StringInfo line, const char *key, std::string_view value) {
  if (value.empty()) return;
  appendStringInfo(line, " %s=\"", key);
  for (const char c : value) {
    if (c == '"' || c == '\\') appendStringInfoChar(line, '\\');
    appendStringInfoChar(line, static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  appendStringInfoChar(line, '"');
}

}  // namespace

void report(const Event &event) {
  StringInfoData line;
  initStringInfo(&line);
  appendStringInfo(&line, "event=%s", event.name);
  if (event.reason != Refusal::none)
    appendStringInfo(&line, " reason=%s", refusal_name(event.reason).data());
  const char *role = GetUserNameFromId(GetSessionUserId(), true);
  append(&line, "role", role == nullptr ? std::string_view{} : role);
  append(&line, "application", event.application);
  append(&line, "api_context", event.api_context);
  append(&line, "object", event.object);
  append(&line, "error", event.error);
  if (event.count >= 0) appendStringInfo(&line, " count=%d", event.count);
  ereport(LOG_SERVER_ONLY,
          (errmsg_internal("pg_tenancy: %s", line.data), errhidestmt(true), errhidecontext(true)));
  pfree(line.data);
}

}  // namespace tenancy::pg
