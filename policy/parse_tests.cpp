#include <fmt/format.h>

#include <algorithm>

#include "policy/parse.hpp"
#include "policy/reader.hpp"

namespace tenancy::policy {

namespace {

bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto rest = std::find_if_not(text.begin(), text.end(), digit);
  if (rest == text.begin()) return false;
  return rest == text.end() ||
         (*rest == '.' && rest + 1 != text.end() && std::all_of(rest + 1, text.end(), digit));
}

class TestParser {
 public:
  TestParser(ast::File &file, Diagnostics &diagnostics) : file_(file), diagnostics_(diagnostics) {}

  void fixtures(const Node &node) {
    if (!expect_mapping(node, "fixtures", diagnostics_)) return;
    for (const Member &member : node.members) {
      const auto table = read_qualified(member.key, "a table", diagnostics_);
      if (!table) continue;
      const Node &rows = member.value;
      if (rows.kind == Node::Kind::sequence) {
        for (const Node &row : rows.items) fixture(*table, std::nullopt, row);
      } else if (expect_mapping(rows, "a table's rows", diagnostics_)) {
        for (const Member &row : rows.members) {
          const auto label = read_name(row.key, "a row's name", diagnostics_);
          if (label) fixture(*table, label, row.value);
        }
      }
    }
  }

  void tests(const Node &node) {
    if (node.kind != Node::Kind::sequence) {
      diagnostics_.error("structure", "tests is a list", node.span,
                         "write one \"- name: ...\" for each");
      return;
    }
    for (const Node &item : node.items) {
      const std::size_t errors = diagnostics_.errors();
      ast::Test test = this->test(item);
      if (diagnostics_.errors() == errors) file_.tests.push_back(std::move(test));
    }
  }

 private:
  void fixture(const ast::Name &table, const std::optional<ast::Name> &label, const Node &node) {
    if (!expect_mapping(node, "a row", diagnostics_)) return;
    ast::Fixture fixture{node.span, table, label, {}};
    for (const Member &member : node.members) {
      const auto column = read_identifier(member.key, "a column", diagnostics_);
      auto value = this->value(member.value);
      if (column && value) fixture.values.emplace_back(*column, std::move(*value));
    }
    file_.fixtures.push_back(std::move(fixture));
  }

  // Words are text; of the words that YAML knows, those of version 1.2 are what they say.
  std::optional<ast::Value> value(const Node &node) {
    using Kind = ast::Value::Kind;
    if (node.kind == Node::Kind::scalar && node.style == Node::Style::plain) {
      if (node.text == "null") return ast::Value{Kind::null, {node.text, node.span}};
      if (node.text == "true" || node.text == "false") {
        return ast::Value{Kind::boolean, {node.text, node.span}};
      }
      if (is_number(node.text)) return ast::Value{Kind::number, {node.text, node.span}};
    }
    if (node.kind == Node::Kind::scalar && node.style != Node::Style::plain) {
      return ast::Value{Kind::text, {node.text, node.span}};  // also an empty one
    }
    const auto text = read_name(node, "a value", diagnostics_);
    if (!text) return std::nullopt;
    return ast::Value{Kind::text, *text};
  }

  ast::Test test(const Node &node) {
    ast::Test test{};
    test.span = node.span;
    MappingReader members(node, "a test", {"name", "as", "read", "insert", "update", "delete"},
                          diagnostics_);
    if (!members) return test;
    if (const Node *name = members.require("name")) {
      if (const auto text = read_text(*name, "a test's name", diagnostics_)) test.name = *text;
    }
    if (const Node *as = members.require("as")) identity(test, *as);
    for (const char *verb : {"read", "insert", "update", "delete"}) {
      const Node *expected = members.find(verb);
      if (expected == nullptr || !expect_mapping(*expected, verb, diagnostics_)) continue;
      for (const Member &member : expected->members) {
        const auto target = read_name(member.key, "a table", diagnostics_);
        if (!target) continue;
        // No row at all is something to expect, too.
        const bool none = member.value.kind == Node::Kind::sequence && member.value.items.empty();
        test.expectations.push_back(
            {{verb, member.key.span},
             *target,
             none ? std::vector<ast::Name>{} : read_list(member.value, verb, false, diagnostics_)});
      }
    }
    return test;
  }

  void identity(ast::Test &test, const Node &node) {
    MappingReader members(node, "a test's identity",
                          {"user", "account", "workspace", "roles", "context"}, diagnostics_);
    if (!members) return;
    const auto key = [&](std::string_view level) -> std::optional<ast::Value> {
      const Node *value = members.find(level);
      return value == nullptr ? std::nullopt : this->value(*value);
    };
    test.user = key("user");
    test.account = key("account");
    test.workspace = key("workspace");
    if (test.workspace && !test.account) members.require("account");
    if (const Node *roles = members.find("roles")) {
      test.roles = read_list(*roles, "roles", false, diagnostics_);
    }
    if (const Node *context = members.require("context")) {
      if (const auto name = read_context(*context, diagnostics_)) test.context = *name;
    }
  }

  ast::File &file_;
  Diagnostics &diagnostics_;
};

}  // namespace

void parse_tests(const MappingReader &top, ast::File &file, Diagnostics &diagnostics) {
  TestParser parser(file, diagnostics);
  if (const Node *node = top.find("fixtures")) parser.fixtures(*node);
  if (const Node *node = top.find("tests")) parser.tests(*node);
}

}  // namespace tenancy::policy
