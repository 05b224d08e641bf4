#include <fmt/format.h>

#include "policy/parse.hpp"
#include "policy/reader.hpp"

namespace tenancy::policy {

namespace {

// A part of a function's name.
bool is_relation_name(const std::string &name) {
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  if (!letter(name.front())) return false;
  for (const char c : name) {
    if (!letter(c) && c != '_' && !(c >= '0' && c <= '9')) return false;
  }
  return name != "directory";  // that function is there already
}

std::optional<ast::Relation> parse_relation(const Source &source, const Member &member,
                                            Diagnostics &diagnostics) {
  const auto name = read_identifier(member.key, "a relation", diagnostics);
  if (name && !is_relation_name(name->text)) {
    diagnostics.error("name", fmt::format("\"{}\" cannot name a relation", name->text), name->span,
                      "use a-z, 0-9 and _, first a letter; \"directory\" is taken");
    return std::nullopt;
  }
  MappingReader members(member.value, "a relation", {"table", "as", "match"}, diagnostics);
  const Node *table = members.require("table");
  const Node *alias = members.find("as");
  const Node *match = members.require("match");
  if (!name || table == nullptr || match == nullptr) return std::nullopt;
  const auto table_name = read_qualified(*table, "the table of a relation", diagnostics);
  std::optional<ast::Name> alias_name;
  if (alias != nullptr) {
    alias_name = read_identifier(*alias, "the second name of a table", diagnostics);
    if (!alias_name) return std::nullopt;
  }
  if (!table_name || !read_name(*match, "a condition", diagnostics)) return std::nullopt;
  auto condition = parse_condition(source, *match, diagnostics, ColumnsOf::two_tables);
  if (!condition) return std::nullopt;
  return ast::Relation{*name, *table_name, alias_name, std::move(*condition)};
}

}  // namespace

std::vector<ast::Relation> parse_relations(const Source &source, const Node &node,
                                           Diagnostics &diagnostics) {
  std::vector<ast::Relation> relations;
  if (!expect_mapping(node, "relations", diagnostics)) return relations;
  for (const Member &member : node.members) {
    if (auto relation = parse_relation(source, member, diagnostics)) {
      relations.push_back(std::move(*relation));
    }
  }
  return relations;
}

}  // namespace tenancy::policy
