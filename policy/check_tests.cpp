#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "policy/check.hpp"

namespace tenancy::policy {

namespace {

class TestChecker {
 public:
  TestChecker(const Source &source, const ast::File &file, Model &model, Diagnostics &diagnostics)
      : source_(source), file_(file), model_(model), diagnostics_(diagnostics) {
    for (std::size_t i = 0; i < file.tables.size(); ++i) {
      listed_.emplace(resolve_table(file.tables[i].name), &file.tables[i]);
    }
    for (const auto &[name, table] : listed_) known_.insert(name);
    known_.insert({model.account.table, model.workspace.table, model.user.table,
                   model.account_membership.table, model.workspace_membership.table});
  }

  void fill() {
    for (const ast::Fixture &fixture : file_.fixtures) this->fixture(fixture);
    for (const ast::Test &test : file_.tests) this->test(test);
  }

 private:
  void fixture(const ast::Fixture &written) {
    Fixture result{resolve_table(written.table), "", {}, written.span.begin};
    if (!known_.contains(result.table)) {
      if (reported_.insert(written.table.span.begin).second) unknown_table(written.table);
      return;
    }
    for (const auto &[column, value] : written.values) {
      check_column(result.table, column);
      result.values.emplace_back(column.text, constant(value));
    }
    if (written.label) {
      result.label = written.label->text;
      const auto [first, is_new] =
          labels_.emplace(std::pair(result.table, result.label), model_.fixtures.size());
      if (!is_new) {
        diagnostics_.error("duplicate", fmt::format("row \"{}\" is named twice", result.label),
                           written.label->span,
                           fmt::format("the first one is in {}; keep one of them",
                                       source_.place(model_.fixtures[first->second].at,
                                                     written.label->span.begin)));
        return;
      }
    }
    model_.fixtures.push_back(std::move(result));
  }

  static Constant constant(const ast::Value &value) {
    return {value.kind == ast::Value::Kind::null      ? Constant::Kind::null
            : value.kind == ast::Value::Kind::boolean ? Constant::Kind::boolean
            : value.kind == ast::Value::Kind::number  ? Constant::Kind::number
                                                      : Constant::Kind::text,
            value.text.text};
  }

  void unknown_table(const ast::Name &name) {
    std::vector<std::string> names;
    for (const TableName &table : known_) {
      names.push_back(table.schema == "public" ? table.name : table.schema + "." + table.name);
    }
    diagnostics_.error("unknown-table",
                       fmt::format("there is no table \"{}\" in this policy", name.text), name.span,
                       suggest(name.text, names));
  }

  // Where the policy lists a table's columns.
  void check_column(const TableName &table, const ast::Name &column) {
    const auto listed = listed_.find(table);
    if (listed == listed_.end() || !listed->second->columns) return;
    std::vector<std::string> names;
    for (const ast::Name &name : *listed->second->columns) names.push_back(name.text);
    for (const Table &each : model_.tables) {
      if (each.name == table) names.insert(names.end(), {each.account, each.workspace});
    }
    if (std::find(names.begin(), names.end(), column.text) != names.end()) return;
    std::erase(names, "");
    diagnostics_.error(
        "unknown-column",
        fmt::format("table \"{}\" has no column \"{}\" in its list", table.name, column.text),
        column.span, suggest(column.text, names));
  }

  void test(const ast::Test &written) {
    Test result{written.name.text, {}, {}, {}, {}, ApiContext::app, {}, written.span.begin};
    const auto [first, is_new] = tests_.emplace(written.name.text, written.name.span.begin);
    if (!is_new) {
      diagnostics_.error("duplicate", fmt::format("test \"{}\" is named twice", written.name.text),
                         written.name.span,
                         fmt::format("the first one is in {}",
                                     source_.place(first->second, written.name.span.begin)));
    }
    result.user = key(written.user, model_.user.type, "user");
    result.account = key(written.account, model_.account.type, "account");
    result.workspace = key(written.workspace, model_.workspace.type, "workspace");
    for (const ast::Name &role : written.roles) {
      if (!is_role(role)) continue;
      if (!is_account_role(role.text) && !written.workspace) {
        diagnostics_.error(
            "role-level", fmt::format("\"{}\" counts in a workspace, and none is named", role.text),
            role.span, "add \"workspace:\"");
      }
      result.roles.push_back(role.text);
    }
    if (written.context.text == "dashboard") result.context = ApiContext::dashboard;
    for (const ast::Expectation &expected : written.expectations) {
      if (auto resolved = expectation(expected)) {
        result.expectations.push_back(std::move(*resolved));
      }
    }
    model_.tests.push_back(std::move(result));
  }

  bool is_role(const ast::Name &role) {
    std::vector<std::string> names;
    for (const Role &each : model_.roles) names.push_back(each.name);
    if (std::find(names.begin(), names.end(), role.text) != names.end()) return true;
    diagnostics_.error("unknown-role", fmt::format("there is no role \"{}\"", role.text), role.span,
                       suggest(role.text, names));
    return false;
  }

  std::optional<std::string> key(const std::optional<ast::Value> &value, KeyType type,
                                 std::string_view level) {
    if (!value) return std::nullopt;
    const std::string &text = value->text.text;
    const bool integer = value->kind == ast::Value::Kind::number && text.find('.') == text.npos;
    const bool fits = type == KeyType::bigint ? integer
                      : type == KeyType::uuid ? value->kind == ast::Value::Kind::text
                                              : value->kind != ast::Value::Kind::null;
    if (!fits) {
      diagnostics_.error("value", fmt::format("this is no key of the {}", level), value->text.span,
                         type == KeyType::bigint ? "it is a bigint: write an integer"
                         : type == KeyType::uuid ? "it is a uuid: write it in quotes"
                                                 : "it is a text: write it in quotes");
    }
    return text;
  }

  // `table`, or `table.column` for what has columns.
  std::optional<Expectation> expectation(const ast::Expectation &written) {
    Expectation result{verb(written.verb.text), {}, {}, {}, written.target.span.begin};
    const bool has_columns = result.verb == Verb::read || result.verb == Verb::update;
    const std::string &text = written.target.text;
    const std::size_t dot = text.rfind('.');
    result.table = resolve_table(written.target);
    if ((text.find('.') != dot || !listed_.contains(result.table)) && dot != text.npos) {
      const ast::Name table{text.substr(0, dot), written.target.span};
      if (listed_.contains(resolve_table(table))) {
        result.table = resolve_table(table);
        result.column = text.substr(dot + 1);
        check_column(result.table, {result.column, written.target.span});
      }
    }
    if (!listed_.contains(result.table)) {
      unknown_listed(written.target);
      return std::nullopt;
    }
    if (result.verb == Verb::update && result.column.empty()) {
      diagnostics_.error("structure", "an update is of a column", written.target.span,
                         fmt::format("write {}.column", text));
    } else if (!has_columns && !result.column.empty()) {
      diagnostics_.error("structure",
                         fmt::format("{} is of whole rows, not of a column", name_of(result.verb)),
                         written.target.span, "name the table alone");
    }
    for (const ast::Name &label : written.rows) row(result, label);
    return result;
  }

  static Verb verb(std::string_view text) {
    return *std::find_if(std::begin(verbs), std::end(verbs),
                         [&](Verb each) { return name_of(each) == text; });
  }

  void unknown_listed(const ast::Name &name) {
    std::vector<std::string> names;
    for (const ast::Table &table : file_.tables) names.push_back(table.name.text);
    diagnostics_.error("unknown-table",
                       fmt::format("there is no table \"{}\" in this policy", name.text), name.span,
                       suggest(name.text, names));
  }

  void row(Expectation &expected, const ast::Name &label) {
    const auto found = labels_.find({expected.table, label.text});
    if (found != labels_.end()) {
      expected.rows.push_back(found->second);
      return;
    }
    std::vector<std::string> names;
    for (const auto &[place, index] : labels_) {
      if (place.first == expected.table) names.push_back(place.second);
    }
    diagnostics_.error("unknown-fixture",
                       fmt::format("there is no row \"{}\" among the fixtures of \"{}\"",
                                   label.text, expected.table.name),
                       label.span, suggest(label.text, names));
  }

  const Source &source_;
  const ast::File &file_;
  Model &model_;
  Diagnostics &diagnostics_;
  std::map<TableName, const ast::Table *> listed_;
  std::set<TableName> known_;  // also those of the hierarchy
  std::set<std::size_t> reported_;
  std::map<std::pair<TableName, std::string>, std::size_t> labels_;
  std::map<std::string, std::size_t> tests_;
};

}  // namespace

void check_tests(const Source &source, const ast::File &file, Model &model,
                 Diagnostics &diagnostics) {
  TestChecker(source, file, model, diagnostics).fill();
}

}  // namespace tenancy::policy
