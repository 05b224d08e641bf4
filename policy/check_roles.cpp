#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

class RoleChecker {
 public:
  RoleChecker(const Source &source, const ast::File &file, Diagnostics &diagnostics)
      : source_(source), file_(file), diagnostics_(diagnostics) {}

  void fill(Model &model) {
    for (const ast::Role &role : file_.roles) {
      if (!check_name(role.name)) continue;
      const auto [first, is_new] = by_name_.emplace(role.name.text, &role);
      if (is_new) continue;
      const std::size_t at = first->second->name.span.begin;
      diagnostics_.error("duplicate", fmt::format("role \"{}\" is declared twice", role.name.text),
                         role.name.span,
                         fmt::format("the first one is in {}; keep one of them",
                                     source_.place(at, role.name.span.begin)));
    }
    for (const ast::Role &role : file_.roles) check_includes(role);
    for (const ast::Role &role : file_.roles) {
      if (!by_name_.contains(role.name.text)) continue;
      std::set<std::string> held;
      collect(role, held);
      Role result{role.name.text, {}, role.name.span.begin};
      for (const ast::Role &other : file_.roles) {
        if (held.contains(other.name.text)) result.holds.push_back(other.name.text);
      }
      check_cycle(role);
      model.roles.push_back(std::move(result));
    }
  }

 private:
  bool check_name(const ast::Name &name) {
    const std::size_t dot = name.text.find('.');
    const std::string level = name.text.substr(0, dot);
    const std::string rest = dot == std::string::npos ? "" : name.text.substr(dot + 1);
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    const bool good = (level == "account" || level == "workspace") && !rest.empty() &&
                      letter(rest.front()) && rest.size() <= 40 &&
                      std::all_of(rest.begin(), rest.end(), [&](char c) {
                        return letter(c) || c == '_' || (c >= '0' && c <= '9');
                      });
    if (!good) {
      diagnostics_.error("role-name", fmt::format("\"{}\" does not name a role", name.text),
                         name.span,
                         "a role carries its level: account.admin, workspace.editor (a-z, 0-9, _)");
    }
    return good;
  }

  void check_includes(const ast::Role &role) {
    for (const ast::Name &included : role.includes) {
      if (!by_name_.contains(included.text)) {
        std::vector<std::string> names;
        for (const auto &[name, declared] : by_name_) names.push_back(name);
        diagnostics_.error("unknown-role", fmt::format("there is no role \"{}\"", included.text),
                           included.span, suggest(included.text, names));
      } else if (!is_account_role(role.name.text) && is_account_role(included.text)) {
        diagnostics_.error("role-level",
                           fmt::format("a workspace role cannot include \"{}\": its holder would "
                                       "have it in the whole account",
                                       included.text),
                           included.span, "let the account role include the workspace role");
      }
    }
  }

  void collect(const ast::Role &role, std::set<std::string> &held) const {
    if (!held.insert(role.name.text).second) return;
    for (const ast::Name &included : role.includes) {
      const auto found = by_name_.find(included.text);
      if (found != by_name_.end()) collect(*found->second, held);
    }
  }

  // Reported once, at the first role of the cycle.
  void check_cycle(const ast::Role &role) {
    for (const ast::Name &included : role.includes) {
      const auto found = by_name_.find(included.text);
      if (found == by_name_.end()) continue;
      std::set<std::string> held;
      collect(*found->second, held);
      if (!held.contains(role.name.text)) continue;
      if (in_cycle_.insert(role.name.text).second) {
        diagnostics_.error(
            "role-cycle",
            fmt::format("\"{}\" includes itself by way of \"{}\"", role.name.text, included.text),
            included.span, "remove one of the includes");
      }
      in_cycle_.insert(held.begin(), held.end());
    }
  }

  const Source &source_;
  const ast::File &file_;
  Diagnostics &diagnostics_;
  std::map<std::string, const ast::Role *> by_name_;
  std::set<std::string> in_cycle_;
};

}  // namespace

void check_roles(const Source &source, const ast::File &file, Model &model,
                 Diagnostics &diagnostics) {
  RoleChecker(source, file, diagnostics).fill(model);
}

}  // namespace tenancy::policy
