#include <fmt/format.h>

#include <algorithm>

#include "core/json.hpp"
#include "policy/render.hpp"

namespace tenancy::policy {

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

}  // namespace

std::string render_json(const std::vector<Finding> &findings) {
  const auto errors = std::count_if(findings.begin(), findings.end(), [](const Finding &finding) {
    return finding.severity == Severity::error;
  });
  std::string list;
  for (const Finding &finding : findings) {
    list += fmt::format(
        R"({}
{{"file":{},"line":{},"column":{},"end":{{"line":{},"column":{}}},"severity":"{}","name":{},"message":{},"help":{}}})",
        list.empty() ? "" : ",", quoted(finding.file), finding.at.line, finding.at.column,
        finding.end.line, finding.end.column, name_of(finding.severity), quoted(finding.name),
        quoted(finding.message), quoted(finding.help));
  }
  if (!list.empty()) list += "\n";
  return fmt::format("{{\"errors\":{},\"warnings\":{},\"diagnostics\":[{}]}}\n", errors,
                     findings.size() - static_cast<std::size_t>(errors), list);
}

}  // namespace tenancy::policy
