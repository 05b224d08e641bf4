#include <fmt/format.h>

#include "policy/render.hpp"

namespace tenancy::policy {

namespace {

// https://docs.github.com/actions/reference/workflow-commands-for-github-actions, as
// actions/toolkit writes them (packages/core/src/command.ts).
std::string escaped(std::string_view text, bool property) {
  std::string out;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    out += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

}  // namespace

std::string render_github(const std::vector<Finding> &findings) {
  std::string out;
  for (const Finding &finding : findings) {
    // GitHub takes columns only within one line; an end it counts with.
    std::string columns;
    if (finding.end.line == finding.at.line) {
      columns = fmt::format(
          ",col={},endColumn={}", finding.at.column,
          finding.end.column > finding.at.column ? finding.end.column - 1 : finding.at.column);
    }
    out += fmt::format("::{} file={},line={},endLine={}{},title={}::{}\n",
                       name_of(finding.severity), escaped(finding.file, true), finding.at.line,
                       finding.end.line, columns, escaped(finding.name, true),
                       escaped(finding.message + "\nhelp: " + finding.help, false));
  }
  return out;
}

}  // namespace tenancy::policy
