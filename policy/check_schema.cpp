#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_map>

#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

bool contains(const std::vector<std::string> &columns, const std::string &column) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

class SchemaChecker {
 public:
  SchemaChecker(const ast::File &file, const Schema &schema, const Model &model,
                Diagnostics &diagnostics)
      : file_(file), schema_(schema), model_(model), diagnostics_(diagnostics) {
    for (const Table &table : model.tables) by_name_.emplace(key(table.name), &table);
  }

  void check_names() {
    if (file_.account) level(*file_.account, {&file_.account->claim});
    if (file_.workspace) {
      level(*file_.workspace, {&file_.workspace->claim, &file_.workspace->account});
    }
    if (file_.user) level(*file_.user, {&file_.user->subject, &file_.user->issuer});
    membership(file_.account_membership);
    membership(file_.workspace_membership);
    for (std::size_t i = 0; i < file_.tables.size(); ++i) {
      const SchemaTable *there = table(file_.tables[i].name);
      if (there != nullptr) tenant_columns(file_.tables[i], model_.tables[i], *there);
    }
  }

  void check_leaks() {
    for (std::size_t i = 0; i < file_.tables.size(); ++i) {
      const SchemaTable *there = schema_.find_table(model_.tables[i].name);
      if (there == nullptr || model_.tables[i].account.empty()) continue;
      at_ = file_.tables[i].name.span;
      keys(model_.tables[i], *there);
      foreign_keys(model_.tables[i], *there);
    }
  }

 private:
  static std::string key(const TableName &name) { return name.schema + '.' + name.name; }

  const SchemaTable *table(const ast::Name &name) {
    const TableName wanted = resolve_table(name);
    const SchemaTable *found = schema_.find_table(wanted);
    if (found == nullptr) {
      std::vector<std::string> names;
      for (const SchemaTable &each : schema_.tables) {
        if (each.name.schema == wanted.schema && !each.partition_of) {
          names.push_back(wanted.schema == "public" ? each.name.name : key(each.name));
        }
      }
      const bool view = schema_.find_view(wanted) != nullptr;
      diagnostics_.error("unknown-table",
                         view ? fmt::format("\"{}\" is a view", name.text)
                              : fmt::format("there is no table \"{}\"", name.text),
                         name.span, view ? "list it under \"views:\"" : suggest(name.text, names));
    } else if (found->foreign) {
      diagnostics_.error("foreign-table",
                         fmt::format("\"{}\" is a foreign table, which row level security does "
                                     "not reach",
                                     name.text),
                         name.span, "protect it where its rows are");
    } else if (found->partition_of) {
      diagnostics_.error(
          "partition",
          fmt::format("\"{}\" is a partition of \"{}\"", name.text, found->partition_of->name),
          name.span, "write the rules of the partitioned table: they hold for all");
    }
    return found;
  }

  void column(const SchemaTable &table, const ast::Name &name) {
    if (table.find_column(name.text) != nullptr) return;
    std::vector<std::string> names;
    for (const SchemaColumn &each : table.columns) names.push_back(each.name);
    diagnostics_.error("unknown-column",
                       fmt::format("table \"{}\" has no column \"{}\"", table.name.name, name.text),
                       name.span, suggest(name.text, names));
  }

  void level(const ast::Level &written,
             std::initializer_list<const std::optional<ast::Name> *> columns) {
    const SchemaTable *there = table(written.table);
    if (there == nullptr) return;
    column(*there, written.key);
    for (const auto *each : columns) {
      if (*each) column(*there, **each);
    }
    if (there->find_column(written.key.text) != nullptr && !there->is_unique({written.key.text})) {
      diagnostics_.error("key-not-unique",
                         fmt::format("two rows of \"{}\" may have the same \"{}\"",
                                     there->name.name, written.key.text),
                         written.key.span, "name its primary key, or a unique column");
    }
  }

  void membership(const std::optional<ast::Membership> &written) {
    if (!written) return;
    const SchemaTable *there = table(written->table);
    if (there == nullptr) return;
    for (const ast::Name *each : {&written->user, &written->of, &written->role}) {
      column(*there, *each);
    }
  }

  // Those of a child are made by the prepare phase where they are missing.
  void tenant_columns(const ast::Table &written, const Table &table, const SchemaTable &there) {
    for (const auto &[name, override, level] :
         {std::tuple{&table.account, &written.account, "account"},
          std::tuple{&table.workspace, &written.workspace, "workspace"}}) {
      if (name->empty()) continue;
      const SchemaColumn *found = there.find_column(*name);
      const Span span = *override ? (*override)->span : written.name.span;
      if (found == nullptr && !table.parent) {
        std::vector<std::string> names;
        for (const SchemaColumn &each : there.columns) names.push_back(each.name);
        diagnostics_.error(
            "unknown-column",
            fmt::format("table \"{}\" has no column \"{}\" that says whose {} its rows are",
                        there.name.name, *name, level),
            span,
            fmt::format("if it is called otherwise there, write \"{}: column\"; if its rows hang "
                        "on another table's, write \"scope: {{ parent: table, on: column }}\"",
                        level));
      } else if (found != nullptr && !found->not_null && !table.parent) {
        diagnostics_.warning(
            "nullable-tenant",
            fmt::format("tenant column \"{}\" of \"{}\" may be null", *name, there.name.name), span,
            "a row without a tenant is nobody's: set it not null");
      }
    }
  }

  // A unique key over all tenants tells one what the others have.
  void keys(const Table &table, const SchemaTable &there) {
    if (table.is_account || table.is_workspace) return;
    for (const SchemaKey &each : there.keys) {
      const bool opaque =
          std::any_of(each.columns.begin(), each.columns.end(),
                      [&](const std::string &column) { return is_opaque(there, column); });
      const bool of_levels =
          table.name == model_.user.table || table.name == model_.workspace.table;
      if (each.columns.empty() || opaque || of_levels || contains(each.columns, table.account) ||
          contains(each.columns, table.workspace)) {
        continue;
      }
      diagnostics_.warning(
          "global-key",
          fmt::format("{} \"{}\" of \"{}\" spans all tenants: inserting ({}) tells whether another "
                      "has it",
                      each.kind == KeyKind::exclusion ? "exclusion constraint" : "unique key",
                      each.name, there.name.name, fmt::join(each.columns, ", ")),
          at_, fmt::format("put \"{}\" in front of its columns", table.account));
    }
  }

  // Values that nobody chooses or guesses: drawn by the database.
  bool is_opaque(const SchemaTable &there, const std::string &name) const {
    const SchemaColumn *column = there.find_column(name);
    if (column == nullptr) return false;
    if (column->identity != Identity::no || column->type == "uuid") return true;
    return column->default_value && column->default_value->starts_with("nextval(");
  }

  void foreign_keys(const Table &table, const SchemaTable &there) {
    for (const SchemaForeignKey &each : there.foreign_keys) {
      const auto found = by_name_.find(key(each.referenced));
      if (found == by_name_.end() || found->second->account.empty()) continue;
      const Table &other = *found->second;
      if (table.parent && is_link(*table.parent, each)) continue;  // prepare adds the tenant to it
      const bool pinned =
          contains(each.columns, table.account) || contains(each.columns, table.workspace);
      if (!pinned && !other.is_account && !is_doubled(there, each, table)) {
        diagnostics_.warning(
            "global-foreign-key",
            fmt::format("foreign key \"{}\" of \"{}\" leaves out the tenant: a row may refer to "
                        "another tenant's in \"{}\", and learns whether it exists",
                        each.name, there.name.name, other.name.name),
            at_,
            fmt::format("add the tenant columns to the key, or write \"scope: {{ parent: {}, on: "
                        "{} }}\"",
                        other.name.name, fmt::join(each.columns, ", ")));
      }
      if (!pinned && each.on_delete != ForeignAction::no_action &&
          each.on_delete != ForeignAction::restrict && deletes(other)) {
        diagnostics_.warning(
            "cascade",
            fmt::format("deleting a row of \"{}\" changes rows of \"{}\" past its policies",
                        other.name.name, there.name.name),
            at_, "let the key carry the tenant columns, or take ON DELETE from it");
      }
    }
  }

  static bool is_link(const ParentKey &parent, const SchemaForeignKey &key) {
    return key.referenced == parent.table &&
           std::all_of(key.columns.begin(), key.columns.end(), [&](const std::string &column) {
             return std::any_of(parent.columns.begin(), parent.columns.end(),
                                [&](const auto &pair) { return pair.first == column; });
           });
  }

  // Whether another key holds the same columns together with the tenant's.
  static bool is_doubled(const SchemaTable &there, const SchemaForeignKey &single,
                         const Table &table) {
    return std::any_of(
        there.foreign_keys.begin(), there.foreign_keys.end(), [&](const SchemaForeignKey &key) {
          return key.referenced == single.referenced && contains(key.columns, table.account) &&
                 std::all_of(single.columns.begin(), single.columns.end(),
                             [&](const std::string &c) { return contains(key.columns, c); });
        });
  }

  static bool deletes(const Table &table) {
    return std::any_of(table.grants.begin(), table.grants.end(),
                       [](const Grant &grant) { return grant.verb == Verb::remove; });
  }

  const ast::File &file_;
  const Schema &schema_;
  const Model &model_;
  Diagnostics &diagnostics_;
  std::unordered_map<std::string, const Table *> by_name_;
  Span at_;
};

}  // namespace

void check_schema(const ast::File &file, const Schema &schema, const Model &model,
                  Diagnostics &diagnostics) {
  SchemaChecker checker(file, schema, model, diagnostics);
  checker.check_names();
  if (!diagnostics.failed()) checker.check_leaks();
}

}  // namespace tenancy::policy
