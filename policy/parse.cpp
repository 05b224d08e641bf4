#include "policy/parse.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "policy/reader.hpp"

namespace tenancy::policy {

namespace {

const std::vector<std::string> later_keys{"principals", "services"};
// The keys of the first file, and those of them that only it may have.
const std::vector<std::string> known_keys{"tenancy",   "application", "include",    "directory",
                                          "columns",   "hierarchy",   "membership", "roles",
                                          "outside",   "relations",   "tables",     "views",
                                          "functions", "sequences",   "fixtures",   "tests"};
const std::vector<std::string> first_file_keys{"application", "directory", "columns", "hierarchy",
                                               "membership"};

class FileParser {
 public:
  FileParser(const Source &source, Diagnostics &diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  ast::File parse(const std::vector<Node> &roots) {
    for (std::size_t i = 0; i < roots.size(); ++i) {
      MappingReader top(roots[i], "a policy file", known_keys, diagnostics_, later_keys);
      if (!top) continue;
      version(top);
      if (i == 0) {
        first_file(top);
      } else {
        refuse_first_file_keys(roots[i]);
      }
      if (const Node *node = top.find("roles")) roles(*node);
      if (const Node *node = top.find("relations")) relations(*node);
      if (const Node *node = top.find("tables")) tables(*node);
      parse_objects(top, file_, diagnostics_);
      parse_tests(top, file_, diagnostics_);
    }
    require_somewhere(roots, "roles");
    require_somewhere(roots, "tables");
    return std::move(file_);
  }

 private:
  void first_file(MappingReader &top) {
    if (const Node *node = top.require("application")) application(*node);
    if (const Node *node = top.find("columns")) {
      file_.columns = read_choice(*node, "columns", {"strict", "orm"}, diagnostics_);
    }
    if (const Node *node = top.find("directory")) {
      file_.directory = read_choice(*node, "directory", {"own", "extension"}, diagnostics_);
    }
    if (file_.directory && file_.directory->text == "extension") {
      if (const Node *node = top.find("hierarchy")) tenant_columns(*node);
      if (const Node *node = top.find("membership")) {
        diagnostics_.error("extension-directory",
                           "the extension's directory has a table of memberships of its own",
                           {node->span.begin, node->span.begin + 1},
                           "remove it, or write \"directory: own\"");
      }
      return;
    }
    if (const Node *node = top.require("hierarchy")) hierarchy(*node);
    if (const Node *node = top.require("membership")) memberships(*node);
  }

  // Of a hierarchy over the extension's own tables, only what other tables call the keys is open.
  void tenant_columns(const Node &node) {
    MappingReader levels(node, "the hierarchy", {"account", "workspace"}, diagnostics_);
    const auto column = [&](std::string_view level) -> std::optional<ast::Name> {
      const Node *value = levels.find(level);
      if (value == nullptr) return std::nullopt;
      MappingReader members(*value, fmt::format("hierarchy.{} of the extension's directory", level),
                            {"column"}, diagnostics_);
      const Node *name = members.find("column");
      if (name == nullptr) return std::nullopt;
      return read_identifier(*name, fmt::format("hierarchy.{}.column", level), diagnostics_);
    };
    file_.account_column = column("account");
    file_.workspace_column = column("workspace");
  }

  void refuse_first_file_keys(const Node &root) {
    for (const Member &member : root.members) {
      if (std::find(first_file_keys.begin(), first_file_keys.end(), member.key.text) ==
          first_file_keys.end()) {
        continue;
      }
      diagnostics_.error("first-file-only",
                         fmt::format("\"{}\" stands in the first file alone", member.key.text),
                         member.key.span, fmt::format("write it in {}", source_.name()));
    }
  }

  void require_somewhere(const std::vector<Node> &roots, std::string_view key) {
    const bool there = std::any_of(roots.begin(), roots.end(), [&](const Node &root) {
      return root.kind != Node::Kind::mapping ||
             std::any_of(root.members.begin(), root.members.end(),
                         [&](const Member &member) { return member.key.text == key; });
    });
    if (there || roots.empty()) return;
    const std::size_t at = roots.front().span.begin;
    diagnostics_.error("missing-key", fmt::format("a policy file lacks \"{}\"", key), {at, at + 1},
                       fmt::format("add \"{}:\"", key));
  }

  void tables(const Node &node) {
    if (!expect_mapping(node, "tables", diagnostics_)) return;
    for (const Member &member : node.members) {
      if (auto table = parse_table(source_, member, diagnostics_)) {
        file_.tables.push_back(std::move(*table));
      }
    }
  }

  void relations(const Node &node) {
    for (ast::Relation &relation : parse_relations(source_, node, diagnostics_)) {
      file_.relations.push_back(std::move(relation));
    }
  }

  void version(MappingReader &top) {
    const Node *node = top.require("tenancy");
    if (node == nullptr || (node->kind == Node::Kind::scalar && node->text == "1")) return;
    diagnostics_.error("version", "this compiler does not know that version of the language",
                       node->span, "it knows version 1: write \"tenancy: 1\"");
  }

  void application(const Node &node) {
    const auto name = read_name(node, "the application", diagnostics_);
    if (!name) return;
    const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
    bool good =
        letter(name->text.front()) && name->text.size() <= 40 && !name->text.starts_with("pg_");
    for (const char c : name->text)
      good = good && (letter(c) || c == '_' || (c >= '0' && c <= '9'));
    if (good) {
      file_.application = *name;
      return;
    }
    diagnostics_.error("name", fmt::format("\"{}\" cannot name an application", name->text),
                       node.span,
                       "the PostgreSQL roles begin with it: at most 40 of a-z, 0-9 and _, first a "
                       "letter, not pg_");
  }

  void hierarchy(const Node &node) {
    MappingReader levels(node, "the hierarchy", {"account", "workspace", "user"}, diagnostics_);
    if (const Node *level = levels.require("account")) {
      file_.account = this->level(*level, "hierarchy.account",
                                  {"table", "key", "type", "column", "claim", "active"}, {});
    }
    if (const Node *level = levels.require("workspace")) {
      file_.workspace =
          this->level(*level, "hierarchy.workspace",
                      {"table", "key", "type", "column", "account", "claim", "active"}, {});
    }
    if (const Node *level = levels.require("user")) {
      file_.user = this->level(*level, "hierarchy.user",
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
    level.active = condition(members);
    return level;
  }

  void memberships(const Node &node) {
    MappingReader levels(node, "membership", {"account", "workspace"}, diagnostics_);
    if (const Node *m = levels.require("account")) {
      file_.account_membership = membership(*m, "membership.account");
    }
    if (const Node *m = levels.require("workspace")) {
      file_.workspace_membership = membership(*m, "membership.workspace");
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

  void roles(const Node &node) {
    if (!expect_mapping(node, "roles", diagnostics_)) return;
    for (const Member &member : node.members) {
      const auto name = read_name(member.key, "a role", diagnostics_);
      MappingReader members(member.value, "a role", {"includes"}, diagnostics_);
      if (!name) continue;
      ast::Role role{*name, {}};
      if (const Node *includes = members.find("includes")) {
        role.includes = read_list(*includes, "includes", false, diagnostics_);
      }
      file_.roles.push_back(std::move(role));
    }
  }

  const Source &source_;
  Diagnostics &diagnostics_;
  ast::File file_;
};

}  // namespace

ast::File parse(const Source &source, const std::vector<Node> &roots, Diagnostics &diagnostics) {
  return FileParser(source, diagnostics).parse(roots);
}

}  // namespace tenancy::policy
