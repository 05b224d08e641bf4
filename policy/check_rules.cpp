#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

using ColumnSet = std::optional<std::vector<std::string>>;  // nothing: all

class RuleChecker {
 public:
  RuleChecker(const Source &source, const ast::Table &written, std::vector<std::string> key,
              const Model &model, Table &table, Diagnostics &diagnostics)
      : source_(source),
        written_(written),
        key_(std::move(key)),
        model_(model),
        table_(table),
        diagnostics_(diagnostics) {}

  void fill() {
    note(table_.account);
    note(table_.workspace);
    if (table_.parent) {
      for (const auto &[here, there] : table_.parent->columns) note(here);
    }
    for (const ast::Name &name : written_.hidden) known(name);
    for (const ast::Name &name : written_.immutable) known(name);
    if (written_.columns) {
      for (const ast::Name &name : *written_.columns) note(name.text);
    }
    for (const ast::Rule &rule : written_.rules) {
      if (check(rule)) split(rule);
    }
  }

 private:
  static bool contains(const std::vector<ast::Name> &names, std::string_view text) {
    return std::any_of(names.begin(), names.end(),
                       [&](const ast::Name &name) { return name.text == text; });
  }

  static Span head(const ast::Rule &rule) { return {rule.span.begin, rule.span.begin + 1}; }

  bool is_tenant_column(std::string_view column) const {
    return column == table_.account || column == table_.workspace;
  }

  void note(const std::string &column) {
    auto &all = table_.columns;
    if (!column.empty() && std::find(all.begin(), all.end(), column) == all.end()) {
      all.push_back(column);
    }
  }

  // Notes the column; reports it if the table lists its columns and it is none of them.
  void known(const ast::Name &name) {
    note(name.text);
    if (!written_.columns || contains(*written_.columns, name.text) ||
        is_tenant_column(name.text) ||
        std::find(key_.begin(), key_.end(), name.text) != key_.end()) {
      return;
    }
    std::vector<std::string> names;
    for (const ast::Name &column : *written_.columns) names.push_back(column.text);
    diagnostics_.error(
        "unknown-column",
        fmt::format("table \"{}\" has no column \"{}\" in its list", table_.name.name, name.text),
        name.span, suggest(name.text, names));
  }

  bool check(const ast::Rule &rule) {
    const std::size_t errors = diagnostics_.errors();
    check_role(rule);
    const int writes = (rule.insert ? 1 : 0) + (rule.update ? 1 : 0) + (rule.remove ? 1 : 0);
    if (rule.rows && writes > 1) {
      diagnostics_.error("rows-of-several-verbs",
                         "\"rows\" with several verbs that write says too little about each",
                         head(rule), "split the rule: one verb besides read for each \"rows\"");
    }
    if (rule.insert && (table_.is_account || table_.is_workspace)) {
      diagnostics_.error("insert-of-a-tenant", "a session cannot make the tenant that it is in",
                         rule.insert->span,
                         table_.is_workspace ? "write \"scope: account\" for this table"
                                             : "let the role that runs sign-up insert accounts");
    }
    if (rule.rows) {
      for_each_operand(*rule.rows, [&](const Operand &operand) {
        if (operand.kind == Operand::Kind::column) known({operand.text, operand.span});
      });
    }
    return diagnostics_.errors() == errors;
  }

  void check_role(const ast::Rule &rule) {
    const bool writes = rule.insert || rule.update || rule.remove;
    const bool global = table_.account.empty();
    if (!rule.role) {
      if (global && !writes) return;
      diagnostics_.error("missing-role", "this rule names no role", head(rule),
                         global ? "only reading may be open to every role"
                                : "only tables with \"scope: global\" are open to every role");
      return;
    }
    const auto found = std::find_if(model_.roles.begin(), model_.roles.end(),
                                    [&](const Role &r) { return r.name == rule.role->text; });
    if (found == model_.roles.end()) {
      if (model_.roles.empty() && diagnostics_.failed()) return;  // all of them were refused
      std::vector<std::string> names;
      for (const Role &role : model_.roles) names.push_back(role.name);
      diagnostics_.error("unknown-role", fmt::format("there is no role \"{}\"", rule.role->text),
                         rule.role->span, suggest(rule.role->text, names));
    } else if (writes && !global && table_.workspace.empty() && !is_account_role(found->name)) {
      diagnostics_.error("role-level",
                         fmt::format("\"{}\" is a role in one workspace, but these rows belong to "
                                     "the whole account",
                                     found->name),
                         rule.role->span,
                         "give writing to an account role, or make the table \"scope: workspace\"");
    }
  }

  void split(const ast::Rule &rule) {
    const std::size_t at = rule.span.begin;
    const std::string role = rule.role ? rule.role->text : "";
    const auto add = [&](Verb verb, Span span, const ColumnSet &columns) {
      for (const ast::Name &context : rule.contexts) {
        Grant grant{context.text == "app" ? ApiContext::app : ApiContext::dashboard,
                    verb,
                    role,
                    columns,
                    rule.rows,
                    at};
        if (check_columns_agree(grant, span)) table_.grants.push_back(std::move(grant));
      }
    };
    if (rule.read) add(Verb::read, rule.read->span, columns(*rule.read, Verb::read));
    if (rule.insert) add(Verb::insert, rule.insert->span, columns(*rule.insert, Verb::insert));
    if (rule.update) add(Verb::update, rule.update->span, columns(*rule.update, Verb::update));
    if (rule.remove) add(Verb::remove, rule.remove->span, std::nullopt);
  }

  // PostgreSQL grants columns to the role of an API context, not to the roles of the policy.
  bool check_columns_agree(const Grant &grant, Span span) {
    const auto sorted = [](ColumnSet columns) {
      if (columns) std::sort(columns->begin(), columns->end());
      return columns;
    };
    for (const Grant &other : table_.grants) {
      if (other.context != grant.context || other.verb != grant.verb ||
          sorted(other.columns) == sorted(grant.columns)) {
        continue;
      }
      diagnostics_.error(
          "columns-differ",
          fmt::format("line {} lets {} other columns in {}, and PostgreSQL would let both roles {} "
                      "all of them",
                      source_.position(other.at).line, name_of(grant.verb), name_of(grant.context),
                      name_of(grant.verb)),
          span, "name the same columns in both, or give one of them in the other API context");
      return false;
    }
    return true;
  }

  ColumnSet columns(const ast::Columns &written, Verb verb) {
    std::vector<std::string> result;
    const auto add = [&](const std::string &column) {
      if (std::find(result.begin(), result.end(), column) == result.end()) result.push_back(column);
    };
    if (verb == Verb::insert) {
      if (!table_.account.empty()) add(table_.account);
      if (!table_.workspace.empty()) add(table_.workspace);
    }
    if (written.all && !written_.columns) {
      if (verb == Verb::read && written_.hidden.empty() && written.names.empty()) {
        return std::nullopt;
      }
      diagnostics_.error(
          "all-of-what",
          verb == Verb::read
              ? "\"all\" without the hidden columns needs the list of all columns"
              : fmt::format("\"{}: all\" needs the list of all columns", name_of(verb)),
          written.span, "name the columns here, or list the table's under \"columns:\"");
      return result;
    }
    if (written.all) {
      for (const ast::Name &column : *written_.columns) {
        if (!contains(written_.hidden, column.text) &&
            !(verb == Verb::update && is_fixed(column.text))) {
          add(column.text);
        }
      }
    }
    for (const ast::Name &name : written.names) {
      known(name);
      if (verb == Verb::update) check_updatable(name);
      add(name.text);
    }
    if (result.empty()) {
      diagnostics_.error("all-of-what", "no column is left to write", written.span,
                         "remove the verb, or list columns that may change");
    }
    return result;
  }

  bool is_fixed(std::string_view column) const {
    return is_tenant_column(column) || contains(written_.immutable, column) ||
           std::find(key_.begin(), key_.end(), column) != key_.end();
  }

  void check_updatable(const ast::Name &name) {
    if (is_tenant_column(name.text)) {
      diagnostics_.error("immutable",
                         fmt::format("\"{}\" says whose the row is, and never changes", name.text),
                         name.span, "remove it");
    } else if (contains(written_.immutable, name.text)) {
      diagnostics_.error("immutable", fmt::format("\"{}\" is immutable", name.text), name.span,
                         "remove it here, or from the table's \"immutable:\"");
    }
  }

  const Source &source_;
  const ast::Table &written_;
  std::vector<std::string> key_;
  const Model &model_;
  Table &table_;
  Diagnostics &diagnostics_;
};

}  // namespace

void check_rules(const Source &source, const ast::Table &written, std::vector<std::string> key,
                 Model &model, Table &table, Diagnostics &diagnostics) {
  RuleChecker(source, written, std::move(key), model, table, diagnostics).fill();
  model.rules += written.rules.size();
}

}  // namespace tenancy::policy
