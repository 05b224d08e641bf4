#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

class TableChecker {
 public:
  TableChecker(const Source &source, const ast::File &file, Schema *schema, Model &model,
               Diagnostics &diagnostics)
      : source_(source), file_(file), schema_(schema), model_(model), diagnostics_(diagnostics) {}

  void fill() {
    for (const ast::Table &written : file_.tables) {
      const TableName name = resolve_table(written.name);
      const auto [first, is_new] = by_name_.emplace(name, model_.tables.size());
      if (!is_new) {
        const std::size_t at = model_.tables[first->second].at;
        diagnostics_.error("duplicate", fmt::format("table \"{}\" stands here twice", name.name),
                           written.name.span,
                           fmt::format("the first one is in {}; a name without a schema is in "
                                       "schema public",
                                       source_.place(at, written.name.span.begin)));
      }
      Table table{};
      table.name = name;
      table.at = written.name.span.begin;
      if (written.enforce && written.enforce->text == "report") {
        table.enforcement = Enforcement::report;
      }
      model_.tables.push_back(std::move(table));
    }
    if (file_.tables.empty() && !diagnostics_.failed()) {
      diagnostics_.error("no-table", "no table is listed", {0, 0}, "list one under tables");
    }
    state_.assign(file_.tables.size(), State::untouched);
    for (std::size_t i = 0; i < file_.tables.size(); ++i) scope(i);
    for (std::size_t i = 0; i < file_.tables.size(); ++i) {
      if (state_[i] == State::good) {
        check_rules(source_, file_.tables[i], key_of(i), there(i), model_, model_.tables[i],
                    diagnostics_);
      }
    }
  }

 private:
  enum class State { untouched, open, good, bad };

  bool refuse(const ast::Name &at, const char *name, std::string message, std::string help) {
    diagnostics_.error(name, std::move(message), at.span, std::move(help));
    return false;
  }

  // Finds the tenant columns of table i, those of its parents first.
  void scope(std::size_t i) {
    if (state_[i] != State::untouched) return;
    state_[i] = State::open;
    const ast::Table &written = file_.tables[i];
    const bool known = written.parent ? child(i) : written.scope && own(i);
    state_[i] = known ? State::good : State::bad;
  }

  bool own(std::size_t i) {
    const ast::Table &written = file_.tables[i];
    Table &table = model_.tables[i];
    const std::string &scope = written.scope->text;
    if (table.name == model_.account.table) {
      if (scope != "account") {
        return refuse(*written.scope, "scope", "the rows of this table are the accounts",
                      "write \"scope: account\": one sees one's own");
      }
      table.is_account = true;
      table.account = model_.account.key;
      return no_override(written.account) && no_override(written.workspace);
    }
    if (scope == "global") return global(written, table);
    if (table.name == model_.workspace.table) {
      table.account = model_.workspace.account;
      table.is_workspace = scope == "workspace";
      if (table.is_workspace) table.workspace = model_.workspace.key;
      return no_override(written.account) && no_override(written.workspace);
    }
    return tenant_columns(written, table, scope == "workspace");
  }

  bool global(const ast::Table &written, const Table &table) {
    const bool user = table.name == model_.user.table;
    const bool narrow = std::all_of(written.rules.begin(), written.rules.end(),
                                    [](const ast::Rule &rule) { return rule.rows.has_value(); });
    if (table.name == model_.workspace.table || table.name == model_.account_membership.table ||
        table.name == model_.workspace_membership.table || (user && !narrow)) {
      return refuse(*written.scope, "scope", "every tenant would see these rows of all the others",
                    user ? "give it an account column and \"scope: account\", or give each rule "
                           "\"rows:\""
                         : "write \"scope: account\"");
    }
    return no_override(written.account) && no_override(written.workspace);
  }

  bool no_override(const std::optional<ast::Name> &column) {
    return !column ||
           refuse(*column, "scope", "this table has no such tenant column to name", "remove it");
  }

  bool tenant_columns(const ast::Table &written, Table &table, bool in_workspace) {
    table.account = written.account                                 ? written.account->text
                    : table.name == model_.account_membership.table ? model_.account_membership.of
                                                                    : model_.account.column;
    if (!in_workspace) return no_override(written.workspace);
    table.workspace = written.workspace ? written.workspace->text
                      : table.name == model_.workspace_membership.table
                          ? model_.workspace_membership.of
                          : model_.workspace.column;
    if (table.account != table.workspace) return true;
    return refuse(written.name, "same-column", "account and workspace are the same column",
                  "name them with \"account:\" and \"workspace:\"");
  }

  bool child(std::size_t i) {
    const ast::Table &written = file_.tables[i];
    const TableName parent_name = resolve_table(*written.parent);
    const auto found = by_name_.find(parent_name);
    if (found == by_name_.end()) {
      std::vector<std::string> names;
      for (const ast::Table &table : file_.tables) names.push_back(table.name.text);
      return refuse(*written.parent, "unknown-table",
                    fmt::format("there is no table \"{}\" in this policy", written.parent->text),
                    suggest(written.parent->text, names));
    }
    const std::size_t p = found->second;
    if (state_[p] == State::open) {
      return refuse(*written.parent, "parent-cycle", "this table is its own ancestor",
                    "give one of them \"scope: account\" or \"scope: workspace\"");
    }
    scope(p);
    if (state_[p] == State::bad) return false;  // reported there
    const Table &parent = model_.tables[p];
    Table &table = model_.tables[i];
    if (parent.account.empty() || parent.is_account) {
      return refuse(*written.parent, "scope", "the parent has no tenant column to hand down",
                    parent.is_account ? "write \"scope: account\"" : "write \"scope: global\"");
    }
    const bool hierarchy_table =
        table.name == model_.account.table || table.name == model_.workspace.table;
    if (hierarchy_table) {
      return refuse(*written.parent, "scope", "a table of the hierarchy has no parent",
                    "write \"scope: account\"");
    }
    if (!tenant_columns(written, table, !parent.workspace.empty())) return false;
    return parent_key(i, p);
  }

  bool parent_key(std::size_t i, std::size_t p) {
    const ast::Table &written = file_.tables[i];
    Table &table = model_.tables[i];
    const Table &parent = model_.tables[p];
    const std::vector<std::string> key = key_of(p);
    if (written.on.size() != key.size()) {
      refuse(*written.parent, "parent-key",
             fmt::format("the parent's key has {} column{}, \"on\" has {}", key.size(),
                         key.size() == 1 ? "" : "s", written.on.size()),
             fmt::format("the parent's \"key:\" is [{}]; name as many here", fmt::join(key, ", ")));
    }
    // Its tenant columns are known all the same.
    ParentKey foreign{parent.name, {}};
    for (std::size_t k = 0; k < key.size() && k < written.on.size(); ++k) {
      foreign.columns.emplace_back(written.on[k].text, key[k]);
    }
    const auto add = [&](const std::string &here, const std::string &there) {
      const std::pair<std::string, std::string> pair{here, there};
      const bool twice =
          std::find(foreign.columns.begin(), foreign.columns.end(), pair) != foreign.columns.end();
      if (!here.empty() && !twice) foreign.columns.push_back(pair);
    };
    add(table.account, parent.account);
    add(table.workspace, parent.workspace);
    table.parent = std::move(foreign);
    prepare(table, table.account, parent, parent.account);
    prepare(table, table.workspace, parent, parent.workspace);
    return true;
  }

  // A column that the prepare phase adds to a child is one of all its columns before it is there.
  void prepare(const Table &table, const std::string &column, const Table &parent,
               const std::string &parent_column) {
    if (schema_ == nullptr || column.empty()) return;
    const SchemaTable *above = schema_->find_table(parent.name);
    const SchemaColumn *model = above == nullptr ? nullptr : above->find_column(parent_column);
    if (model == nullptr) return;
    for (SchemaTable &each : schema_->tables) {
      if (each.name != table.name || each.find_column(column) != nullptr) continue;
      SchemaColumn added;
      added.name = column;
      added.type = model->type;
      added.not_null = true;
      added.deterministic = model->deterministic;
      each.columns.push_back(std::move(added));
      return;
    }
  }

  const SchemaTable *there(std::size_t i) const {
    return schema_ == nullptr ? nullptr : schema_->find_table(model_.tables[i].name);
  }

  std::vector<std::string> key_of(std::size_t i) const {
    std::vector<std::string> key;
    for (const ast::Name &column : file_.tables[i].key) key.push_back(column.text);
    if (!key.empty()) return key;
    if (const SchemaTable *table = there(i); table != nullptr && table->primary_key() != nullptr) {
      return table->primary_key()->columns;
    }
    const TableName &name = model_.tables[i].name;
    if (name == model_.account.table) return {model_.account.key};
    if (name == model_.workspace.table) return {model_.workspace.key};
    if (name == model_.user.table) return {model_.user.key};
    return {"id"};
  }

  const Source &source_;
  const ast::File &file_;
  Schema *schema_;
  Model &model_;
  Diagnostics &diagnostics_;
  std::vector<State> state_;
  std::map<TableName, std::size_t> by_name_;
};

}  // namespace

void check_tables(const Source &source, const ast::File &file, Schema *schema, Model &model,
                  Diagnostics &diagnostics) {
  TableChecker(source, file, schema, model, diagnostics).fill();
}

}  // namespace tenancy::policy
