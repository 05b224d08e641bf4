#include "policy/parse.hpp"

#include <fmt/format.h>

#include "policy/reader.hpp"

namespace tenancy::policy {

namespace {

const std::vector<std::string> later_keys{"principals", "services", "outside", "columns",
                                          "fixtures",   "tests",    "include"};

class FileParser {
 public:
  FileParser(const Source &source, Diagnostics &diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  ast::File parse(const Node &root) {
    ast::File file;
    MappingReader top(
        root, "a policy file",
        {"tenancy", "application", "hierarchy", "membership", "roles", "relations", "tables"},
        diagnostics_, later_keys);
    if (!top) return file;
    version(top);
    if (const Node *node = top.require("application")) application(file, *node);
    if (const Node *node = top.require("hierarchy")) hierarchy(file, *node);
    if (const Node *node = top.require("membership")) memberships(file, *node);
    if (const Node *node = top.require("roles")) roles(file, *node);
    if (const Node *node = top.find("relations")) {
      file.relations = parse_relations(source_, *node, diagnostics_);
    }
    if (const Node *node = top.require("tables");
        node && expect_mapping(*node, "tables", diagnostics_)) {
      for (const Member &member : node->members) {
        if (auto table = parse_table(source_, member, diagnostics_)) {
          file.tables.push_back(std::move(*table));
        }
      }
    }
    return file;
  }

 private:
  void version(MappingReader &top) {
    const Node *node = top.require("tenancy");
    if (node == nullptr || (node->kind == Node::Kind::scalar && node->text == "1")) return;
    diagnostics_.error("version", "this compiler does not know that version of the language",
                       node->span, "it knows version 1: write \"tenancy: 1\"");
  }

  void application(ast::File &file, const Node &node) {
    const auto name = read_name(node, "the application", diagnostics_);
    if (!name) return;
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    bool good =
        letter(name->text.front()) && name->text.size() <= 40 && !name->text.starts_with("pg_");
    for (const char c : name->text)
      good = good && (letter(c) || c == '_' || (c >= '0' && c <= '9'));
    if (good) {
      file.application = *name;
      return;
    }
    diagnostics_.error("name", fmt::format("\"{}\" cannot name an application", name->text),
                       node.span,
                       "the PostgreSQL roles begin with it: at most 40 of a-z, 0-9 and _, first a "
                       "letter, not pg_");
  }

  void hierarchy(ast::File &file, const Node &node) {
    MappingReader levels(node, "the hierarchy", {"account", "workspace", "user"}, diagnostics_);
    if (const Node *level = levels.require("account")) {
      file.account = this->level(*level, "hierarchy.account",
                                 {"table", "key", "type", "column", "claim", "active"}, {});
    }
    if (const Node *level = levels.require("workspace")) {
      file.workspace =
          this->level(*level, "hierarchy.workspace",
                      {"table", "key", "type", "column", "account", "claim", "active"}, {});
    }
    if (const Node *level = levels.require("user")) {
      file.user = this->level(*level, "hierarchy.user",
                              {"table", "key", "type", "subject", "issuer", "active"},
                              {"subject", "issuer"});
    }
  }

  std::optional<ast::Level> level(const Node &node, std::string_view what,
                                  std::vector<std::string> known,
                                  const std::vector<std::string> &required) {
    MappingReader members(node, std::string(what), std::move(known), diagnostics_);
    for (const std::string &key : required) members.require(key);
    const auto column = [&](std::string_view key) -> std::optional<ast::Name> {
      const Node *value = members.find(key);
      if (value == nullptr) return std::nullopt;
      return read_identifier(*value, fmt::format("{}.{}", what, key), diagnostics_);
    };
    const Node *table = members.require("table");
    const Node *key = members.require("key");
    if (table == nullptr || key == nullptr) return std::nullopt;
    auto table_name = read_qualified(*table, fmt::format("{}.table", what), diagnostics_);
    auto key_name = column("key");
    if (!table_name || !key_name) return std::nullopt;
    ast::Level level{node.span, *table_name, *key_name, {}, {}, {}, {}, {}, {}, {}};
    level.type = column("type");
    level.column = column("column");
    level.account = column("account");
    level.claim = column("claim");
    level.subject = column("subject");
    level.issuer = column("issuer");
    if (level.issuer && level.issuer->text == "any_of_account") {
      diagnostics_.error("unsupported", "\"any_of_account\" is not supported by this version",
                         level.issuer->span, "name the column that holds the user's issuer");
    }
    level.active = condition(members);
    return level;
  }

  void memberships(ast::File &file, const Node &node) {
    MappingReader levels(node, "membership", {"account", "workspace"}, diagnostics_);
    if (const Node *m = levels.require("account")) {
      file.account_membership = membership(*m, "membership.account");
    }
    if (const Node *m = levels.require("workspace")) {
      file.workspace_membership = membership(*m, "membership.workspace");
    }
  }

  std::optional<ast::Membership> membership(const Node &node, std::string_view what) {
    MappingReader members(node, std::string(what),
                          {"table", "user", "of", "role", "values", "active"}, diagnostics_);
    const auto column = [&](std::string_view key) -> std::optional<ast::Name> {
      const Node *value = members.require(key);
      if (value == nullptr) return std::nullopt;
      return read_identifier(*value, fmt::format("{}.{}", what, key), diagnostics_);
    };
    const Node *table = members.require("table");
    const auto table_name =
        table == nullptr ? std::nullopt
                         : read_qualified(*table, fmt::format("{}.table", what), diagnostics_);
    const auto user = column("user");
    const auto of = column("of");
    const auto role = column("role");
    const auto active = condition(members);
    const auto values = stored_values(members);
    if (!table_name || !user || !of || !role) return std::nullopt;
    return ast::Membership{node.span, *table_name, *user, *of, *role, values, active};
  }

  std::optional<std::vector<std::pair<ast::Name, ast::Name>>> stored_values(
      const MappingReader &members) {
    const Node *node = members.find("values");
    if (node == nullptr || !expect_mapping(*node, "values", diagnostics_)) return std::nullopt;
    std::vector<std::pair<ast::Name, ast::Name>> values;
    for (const Member &member : node->members) {
      const auto stored = read_name(member.key, "a stored value", diagnostics_);
      const auto role = read_name(member.value, "the role of a stored value", diagnostics_);
      if (stored && role) values.emplace_back(*stored, *role);
    }
    return values;
  }

  std::optional<Condition> condition(const MappingReader &members) {
    const Node *node = members.find("active");
    if (node == nullptr || !read_name(*node, "a condition", diagnostics_)) return std::nullopt;
    return parse_condition(source_, *node, diagnostics_);
  }

  void roles(ast::File &file, const Node &node) {
    if (!expect_mapping(node, "roles", diagnostics_)) return;
    for (const Member &member : node.members) {
      const auto name = read_name(member.key, "a role", diagnostics_);
      MappingReader members(member.value, "a role", {"includes"}, diagnostics_);
      if (!name) continue;
      ast::Role role{*name, {}};
      if (const Node *includes = members.find("includes")) {
        role.includes = read_list(*includes, "includes", false, diagnostics_);
      }
      file.roles.push_back(std::move(role));
    }
  }

  const Source &source_;
  Diagnostics &diagnostics_;
};

}  // namespace

ast::File parse(const Source &source, const Node &root, Diagnostics &diagnostics) {
  return FileParser(source, diagnostics).parse(root);
}

}  // namespace tenancy::policy
