#include <fmt/format.h>

#include "policy/parse.hpp"
#include "policy/reader.hpp"

namespace tenancy::policy {

namespace {

class TableParser {
 public:
  TableParser(const Source &source, Diagnostics &diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  std::optional<ast::Table> parse(const Member &member) {
    const auto name = read_qualified(member.key, "a table", diagnostics_);
    MappingReader members(member.value, "a table",
                          {"scope", "key", "account", "workspace", "columns", "hidden", "immutable",
                           "enforce", "rules"},
                          diagnostics_);
    if (!name || !members) return std::nullopt;
    ast::Table table{};
    table.name = *name;
    if (const Node *node = members.require("scope")) scope(table, *node);
    if (const Node *node = members.find("key")) {
      table.key = read_list(*node, "key", true, diagnostics_);
    }
    table.account = identifier(members, "account");
    table.workspace = identifier(members, "workspace");
    if (const Node *node = members.find("columns")) {
      table.columns = read_list(*node, "columns", false, diagnostics_);
    }
    table.hidden = list(members, "hidden");
    table.immutable = list(members, "immutable");
    enforcement(table, members);
    if (const Node *node = members.require("rules")) rules(table, *node);
    return table;
  }

 private:
  std::optional<ast::Name> identifier(const MappingReader &members, std::string_view key) {
    const Node *node = members.find(key);
    return node == nullptr ? std::nullopt : read_identifier(*node, key, diagnostics_);
  }

  std::vector<ast::Name> list(const MappingReader &members, std::string_view key) {
    const Node *node = members.find(key);
    return node == nullptr ? std::vector<ast::Name>{} : read_list(*node, key, false, diagnostics_);
  }

  void scope(ast::Table &table, const Node &node) {
    if (node.kind == Node::Kind::mapping) {
      MappingReader members(node, "a scope", {"parent", "on"}, diagnostics_);
      const Node *parent = members.require("parent");
      const Node *on = members.require("on");
      if (parent != nullptr) table.parent = read_qualified(*parent, "the parent", diagnostics_);
      if (on != nullptr) table.on = read_list(*on, "on", true, diagnostics_);
      return;
    }
    const auto name = read_name(node, "a scope", diagnostics_);
    if (!name) return;
    if (name->text == "account" || name->text == "workspace" || name->text == "global") {
      table.scope = name;
      return;
    }
    diagnostics_.error(
        "unknown-scope", fmt::format("there is no scope \"{}\"", name->text), name->span,
        suggest(name->text, {"account", "workspace", "global", "{ parent: table, on: column }"}));
  }

  void enforcement(ast::Table &table, const MappingReader &members) {
    if (const Node *node = members.find("enforce")) {
      table.enforce = read_choice(*node, "enforce", {"enforce", "report"}, diagnostics_);
    }
  }

  void rules(ast::Table &table, const Node &node) {
    if (node.kind != Node::Kind::sequence) {
      diagnostics_.error("structure", "rules is a list", node.span,
                         "write one \"- { role: ..., context: [...], read: ... }\" per line");
      return;
    }
    for (const Node &item : node.items) {
      if (auto rule = this->rule(item)) table.rules.push_back(std::move(*rule));
    }
  }

  std::optional<ast::Rule> rule(const Node &node) {
    const std::size_t errors = diagnostics_.errors();
    MappingReader members(
        node, "a rule",
        {"role", "context", "read", "insert", "update", "delete", "rows", "new_row"}, diagnostics_,
        {"principal"});
    if (!members) return std::nullopt;
    ast::Rule rule{};
    rule.span = node.span;
    if (const Node *role = members.find("role")) {
      rule.role = read_name(*role, "a role", diagnostics_);
    }
    if (const Node *contexts = members.require("context")) {
      rule.contexts = read_contexts(*contexts, diagnostics_);
    }
    rule.read = columns(members, "read");
    rule.insert = columns(members, "insert");
    rule.update = columns(members, "update");
    if (const Node *remove = members.find("delete")) {
      rule.remove = ast::Name{remove->text, remove->span};
      if (remove->kind != Node::Kind::scalar || remove->text != "rows") {
        diagnostics_.error("structure", "delete takes rows, not columns", remove->span,
                           "write \"delete: rows\"");
      }
    }
    if (const Node *rows = members.find("rows")) {
      rule.rows = read_condition(source_, *rows, "rows", diagnostics_);
    }
    if (const Node *new_row = members.find("new_row")) {
      rule.any_new_row = new_row->kind == Node::Kind::scalar && new_row->text == "all";
      if (!rule.any_new_row) {
        rule.new_row = read_condition(source_, *new_row, "new_row", diagnostics_);
      }
    }
    if (!rule.read && !rule.insert && !rule.update && !rule.remove &&
        diagnostics_.errors() == errors) {
      diagnostics_.error("structure", "a rule without a verb gives nothing",
                         {node.span.begin, node.span.begin + 1},
                         "known here: read, insert, update, delete");
    }
    // A rule that was half understood would give what its author did not write.
    if (diagnostics_.errors() != errors) return std::nullopt;
    return rule;
  }

  std::optional<ast::Columns> columns(const MappingReader &members, std::string_view verb) {
    const Node *node = members.find(verb);
    return node == nullptr ? std::nullopt : read_columns(*node, verb, diagnostics_);
  }

  const Source &source_;
  Diagnostics &diagnostics_;
};

}  // namespace

std::optional<ast::Table> parse_table(const Source &source, const Member &member,
                                      Diagnostics &diagnostics) {
  return TableParser(source, diagnostics).parse(member);
}

}  // namespace tenancy::policy
