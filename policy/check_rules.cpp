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
              const SchemaTable *there, const Model &model, Table &table, Diagnostics &diagnostics)
      : source_(source),
        written_(written),
        key_(std::move(key)),
        there_(there),
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

  // Notes the column; reports it if the table does not have it, or lists its columns without it.
  void known(const ast::Name &name) {
    note(name.text);
    if (is_tenant_column(name.text)) return;
    if (!written_.columns && there_ == nullptr) return;
    std::vector<std::string> names;
    if (written_.columns) {
      for (const ast::Name &column : *written_.columns) names.push_back(column.text);
    } else {
      for (const SchemaColumn &column : there_->columns) names.push_back(column.name);
    }
    const auto has = [&](const std::vector<std::string> &all) {
      return std::find(all.begin(), all.end(), name.text) != all.end();
    };
    if (has(names) || has(key_)) return;
    diagnostics_.error("unknown-column",
                       fmt::format("table \"{}\" has no column \"{}\"{}", table_.name.name,
                                   name.text, written_.columns ? " in its list" : ""),
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
    check_new_row(rule);
    if (rule.insert && (table_.is_account || table_.is_workspace)) {
      diagnostics_.error("insert-of-a-tenant", "a session cannot make the tenant that it is in",
                         rule.insert->span,
                         table_.is_workspace ? "write \"scope: account\" for this table"
                                             : "let the role that runs sign-up insert accounts");
    }
    for (const auto *condition : {&rule.rows, &rule.new_row}) {
      if (!*condition) continue;
      if ((*condition)->kind == Condition::Kind::unverified) {
        diagnostics_.warning("unverified",
                             fmt::format("nothing is known of this condition but that \"{}\" "
                                         "reviewed it",
                                         (*condition)->reviewer),
                             (*condition)->span,
                             "say it with columns, constants, session values and exists(relation) "
                             "where that is enough");
      }
      for_each_operand(**condition, [&](const Operand &operand) {
        if (operand.kind != Operand::Kind::column) return;
        if (there_ == nullptr) {
          known({operand.text, operand.span});
        } else {
          note(operand.text);  // check_conditions() knows its type, too
        }
      });
    }
    return diagnostics_.errors() == errors;
  }

  void check_new_row(const ast::Rule &rule) {
    if (!rule.new_row && !rule.any_new_row) return;
    if (!rule.insert && !rule.update) {
      diagnostics_.error("new-row", "this rule writes no row that \"new_row\" could speak of",
                         rule.new_row ? extent(*rule.new_row) : head(rule),
                         "which rows it is for is said by \"rows\"");
    } else if (rule.insert && rule.rows && !rule.update && !rule.remove) {
      diagnostics_.error("new-row", "an insert has no row yet that \"rows\" could speak of",
                         extent(*rule.rows),
                         "keep \"new_row\" alone; what is read goes into a rule of its own");
    }
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
      const bool writes = verb == Verb::insert || verb == Verb::update;
      for (const ast::Name &context : rule.contexts) {
        Grant grant{context.text == "app" ? ApiContext::app : ApiContext::dashboard,
                    verb,
                    role,
                    columns,
                    verb == Verb::insert ? std::nullopt : rule.rows,
                    !writes            ? std::nullopt
                    : rule.any_new_row ? std::nullopt
                    : rule.new_row     ? rule.new_row
                                       : rule.rows,
                    at};
        if (check_columns_agree(grant, span)) table_.grants.push_back(std::move(grant));
      }
    };
    if (rule.read) add(Verb::read, rule.read->span, columns(*rule.read, Verb::read));
    if (rule.insert) add(Verb::insert, rule.insert->span, columns(*rule.insert, Verb::insert));
    if (rule.update) add(Verb::update, rule.update->span, columns(*rule.update, Verb::update));
    if (rule.remove) add(Verb::remove, rule.remove->span, std::nullopt);
  }

  // Whoever holds both roles has the columns of both on the rows of both: what neither rule says,
  // unless the one with more columns speaks of all the rows of the other.
  bool check_columns_agree(const Grant &grant, Span span) {
    for (const Grant &other : table_.grants) {
      if (other.context != grant.context || other.verb != grant.verb ||
          (other.rows == grant.rows && other.new_row == grant.new_row) ||
          (for_all_rows(other) && holds(other.columns, grant.columns)) ||
          (for_all_rows(grant) && holds(grant.columns, other.columns)) ||
          (holds(other.columns, grant.columns) && holds(grant.columns, other.columns))) {
        continue;
      }
      diagnostics_.error(
          "columns-differ",
          fmt::format("line {} lets {} other columns of other rows in {}, and whoever holds both "
                      "would {} them all in all of these rows",
                      source_.position(other.at).line, name_of(grant.verb), name_of(grant.context),
                      name_of(grant.verb)),
          span,
          "name the same columns in both or give both the same rows, or give one of them in the "
          "other API context");
      return false;
    }
    return true;
  }

  static bool for_all_rows(const Grant &grant) { return !grant.rows && !grant.new_row; }

  static bool holds(const ColumnSet &large, const ColumnSet &small) {
    if (!large) return true;
    return small && std::all_of(small->begin(), small->end(), [&](const std::string &column) {
             return std::find(large->begin(), large->end(), column) != large->end();
           });
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
    if (written.all && verb == Verb::read && written_.hidden.empty() && written.names.empty() &&
        !written_.columns) {
      return std::nullopt;
    }
    if (written.all && !written_.columns && there_ == nullptr) {
      diagnostics_.error(
          "all-of-what",
          verb == Verb::read
              ? "\"all\" without the hidden columns needs the list of all columns"
              : fmt::format("\"{}: all\" needs the list of all columns", name_of(verb)),
          written.span,
          "give the schema (--schema, --db), name the columns here, or list the table's under "
          "\"columns:\"");
      return result;
    }
    if (written.all) {
      for (const std::string &column : all_columns(verb)) {
        if (!contains(written_.hidden, column) && !(verb == Verb::update && is_fixed(column))) {
          add(column);
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

  // What `all` means for a verb, hidden and fixed columns included.
  std::vector<std::string> all_columns(Verb verb) const {
    std::vector<std::string> names;
    if (written_.columns) {
      for (const ast::Name &column : *written_.columns) names.push_back(column.text);
      return names;
    }
    for (const SchemaColumn &column : there_->columns) {
      const bool computed =
          column.generated != Generated::no || column.identity == Identity::always;
      if (verb == Verb::read || !computed) names.push_back(column.name);
    }
    return names;
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
  const SchemaTable *there_;
  const Model &model_;
  Table &table_;
  Diagnostics &diagnostics_;
};

}  // namespace

void check_rules(const Source &source, const ast::Table &written, std::vector<std::string> key,
                 const SchemaTable *there, Model &model, Table &table, Diagnostics &diagnostics) {
  RuleChecker(source, written, std::move(key), there, model, table, diagnostics).fill();
  model.rules += written.rules.size();
  for (const ast::Rule &rule : written.rules) {
    for (const auto *condition : {&rule.rows, &rule.new_row}) {
      if (*condition && (*condition)->kind == Condition::Kind::unverified) ++model.unverified;
    }
  }
}

}  // namespace tenancy::policy
