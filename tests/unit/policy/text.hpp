// Policies for tests: a small right one, and what becomes of changed ones.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/compile.hpp"

namespace tenancy::policy::test {

inline constexpr std::string_view small_policy = R"(tenancy: 1
application: demo
hierarchy:
  account:   { table: accounts, key: id }
  workspace: { table: workspaces, key: id }
  user:      { table: users, key: id, subject: subject, issuer: issuer }
membership:
  account:   { table: account_members, user: user_id, of: account_id, role: role }
  workspace: { table: workspace_members, user: user_id, of: workspace_id, role: role }
roles:
  account.owner:    { includes: [account.admin] }
  account.admin:    { includes: [workspace.editor] }
  workspace.editor: { includes: [workspace.viewer] }
  workspace.viewer: {}
tables:
  notes:
    scope: workspace
    rules:
      - { role: workspace.viewer, context: [app], read: all }
)";

// The small policy with another text after its tables, for tests of one table.
inline std::string with_tables(std::string_view tables) {
  const std::size_t at = small_policy.find("tables:\n") + std::string_view("tables:\n").size();
  return std::string(small_policy.substr(0, at)) + std::string(tables);
}

inline std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("not in the text: " + std::string(from));
  return text.replace(at, from.size(), to);
}

// The model of a right policy; throws with the diagnostics of a wrong one.
inline Model model_of(const std::string &text) {
  Source source("tenancy.yaml", text);
  Diagnostics diagnostics;
  std::optional<Model> model = analyze(source, diagnostics);
  if (!model) throw std::runtime_error(diagnostics.render(source));
  return std::move(*model);
}

inline std::string sql_of(const std::string &text) {
  Source source("tenancy.yaml", text);
  Diagnostics diagnostics;
  const std::optional<Script> script = compile(source, diagnostics);
  if (!script) throw std::runtime_error(diagnostics.render(source));
  return print(*script, false);
}

// `name line:column` of each diagnostic, in order.
inline std::vector<std::string> said_about(const std::string &text) {
  Source source("tenancy.yaml", text);
  Diagnostics diagnostics;
  (void)analyze(source, diagnostics);
  std::vector<std::string> said;
  for (const Diagnostic &each : diagnostics.all()) {
    const Position at = source.position(each.span.begin);
    said.push_back(each.name + " " + std::to_string(at.line) + ":" + std::to_string(at.column));
  }
  return said;
}

}  // namespace tenancy::policy::test
