#include <fmt/format.h>

#include <algorithm>

#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

class PowerChecker {
 public:
  PowerChecker(const Model &model, const Table &table, Diagnostics &diagnostics)
      : model_(model), table_(table), diagnostics_(diagnostics) {}

  void check(const ast::Rule &rule) {
    if (rule.insert) check(rule, Verb::insert, *rule.insert);
    if (rule.update) check(rule, Verb::update, *rule.update);
    if (rule.insert || rule.update || rule.remove) check_tenant(rule);
  }

 private:
  void check(const ast::Rule &rule, Verb verb, const ast::Columns &written) {
    const auto writes = [&](const std::string &column) {
      return std::any_of(table_.grants.begin(), table_.grants.end(), [&](const Grant &grant) {
        return grant.at == rule.span.begin && grant.verb == verb && grant.columns &&
               std::find(grant.columns->begin(), grant.columns->end(), column) !=
                   grant.columns->end();
      });
    };
    const auto place = [&](const std::string &column) {
      const auto named = std::find_if(written.names.begin(), written.names.end(),
                                      [&](const ast::Name &name) { return name.text == column; });
      return named == written.names.end() ? written.span : named->span;
    };
    if (table_.name == model_.user.table) {
      for (const std::string &column : {model_.user.issuer, model_.user.subject}) {
        if (!writes(column)) continue;
        diagnostics_.error(
            "identity-column",
            fmt::format("whoever writes \"{}\" decides which token makes somebody this user",
                        column),
            place(column), "leave issuer and subject to the role that runs sign-up");
      }
    }
    check_activation(model_.account.table, model_.account.active, "account", writes, place);
    check_activation(model_.workspace.table, model_.workspace.active, "workspace", writes, place);
  }

  template <class Writes, class Place>
  void check_activation(const TableName &table, const std::optional<Condition> &active,
                        std::string_view level, Writes writes, Place place) {
    if (table != table_.name || !active) return;
    std::vector<std::string> seen;
    for_each_operand(*active, [&](const Operand &operand) {
      if (operand.kind != Operand::Kind::column || !writes(operand.text) ||
          std::find(seen.begin(), seen.end(), operand.text) != seen.end()) {
        return;
      }
      seen.push_back(operand.text);
      diagnostics_.warning(
          "self-activation",
          fmt::format("\"{}\" says whether the {} is active, and its own users write it",
                      operand.text, level),
          place(operand.text), "leave it to whoever may suspend and close");
    });
  }

  // A membership is of the tenant that its row says; the floor has to pin that very column.
  void check_tenant(const ast::Rule &rule) {
    const auto refuse = [&](std::string_view level, const std::string &pinned,
                            const Membership &membership) {
      diagnostics_.error(
          "membership-scope",
          fmt::format("\"{}\" says of which {} a membership is, but rows are held to \"{}\"",
                      membership.of, level, pinned),
          {rule.span.begin, rule.span.begin + 1},
          fmt::format("write \"{}: {}\" for this table", level, membership.of));
    };
    const Membership &account = model_.account_membership;
    const Membership &workspace = model_.workspace_membership;
    if (table_.name == account.table && table_.account != account.of) {
      refuse("account", table_.account, account);
    }
    if (table_.name == workspace.table && !table_.workspace.empty() &&
        table_.workspace != workspace.of) {
      refuse("workspace", table_.workspace, workspace);
    }
  }

  const Model &model_;
  const Table &table_;
  Diagnostics &diagnostics_;
};

}  // namespace

void check_power(const ast::File &file, const Model &model, Diagnostics &diagnostics) {
  if (diagnostics.failed()) return;  // the tables are not known well enough
  for (std::size_t i = 0; i < file.tables.size(); ++i) {
    PowerChecker checker(model, model.tables[i], diagnostics);
    for (const ast::Rule &rule : file.tables[i].rules) checker.check(rule);
  }
}

}  // namespace tenancy::policy
