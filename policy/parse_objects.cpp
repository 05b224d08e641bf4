#include "policy/parse.hpp"
#include "policy/reader.hpp"

namespace tenancy::policy {

namespace {

// The contexts of a view, function or sequence; nothing, and a diagnostic, if there is none.
std::vector<ast::Name> contexts(MappingReader &members, Diagnostics &diagnostics) {
  const Node *node = members.require("context");
  return node == nullptr ? std::vector<ast::Name>{} : read_contexts(*node, diagnostics);
}

void parse_view(const Member &member, ast::File &file, Diagnostics &diagnostics) {
  const auto name = read_qualified(member.key, "a view", diagnostics);
  MappingReader members(member.value, "a view", {"context", "read"}, diagnostics);
  if (!members) return;
  std::vector<ast::Name> in = contexts(members, diagnostics);
  const Node *read = members.require("read");
  const auto columns = read == nullptr ? std::nullopt : read_columns(*read, "read", diagnostics);
  if (columns && columns->all && !columns->names.empty()) {
    diagnostics.error("structure", "all columns of a view, and others besides", columns->span,
                      "write \"read: all\" or list the columns");
  }
  if (name && columns) file.views.push_back({*name, std::move(in), *columns});
}

void parse_function(const Member &member, ast::File &file, Diagnostics &diagnostics) {
  const auto signature = read_name(member.key, "a function", diagnostics);
  MappingReader members(member.value, "a function", {"context", "definer"}, diagnostics);
  if (!members) return;
  std::vector<ast::Name> in = contexts(members, diagnostics);
  std::optional<ast::Name> definer;
  if (const Node *node = members.find("definer")) {
    definer = read_text(*node, "definer", diagnostics);
  }
  if (signature) file.functions.push_back({*signature, std::move(in), definer});
}

void parse_sequence(const Member &member, ast::File &file, Diagnostics &diagnostics) {
  const auto name = read_qualified(member.key, "a sequence", diagnostics);
  MappingReader members(member.value, "a sequence", {"context"}, diagnostics);
  if (!members) return;
  std::vector<ast::Name> in = contexts(members, diagnostics);
  if (name) file.sequences.push_back({*name, std::move(in)});
}

void parse_outside(const Member &member, ast::File &file, Diagnostics &diagnostics) {
  const auto role = read_identifier(member.key, "a PostgreSQL role", diagnostics);
  MappingReader members(member.value, "a role outside", {"access", "reason"}, diagnostics);
  if (!members) return;
  const Node *access = members.require("access");
  const Node *reason = members.require("reason");
  const auto what =
      access == nullptr ? std::nullopt : read_choice(*access, "access", {"bypass"}, diagnostics);
  const auto why = reason == nullptr ? std::nullopt : read_text(*reason, "reason", diagnostics);
  if (role && what && why) file.outside.push_back({*role, *what, *why});
}

}  // namespace

void parse_objects(const MappingReader &top, ast::File &file, Diagnostics &diagnostics) {
  const auto each = [&](std::string_view key, auto parse_one) {
    const Node *node = top.find(key);
    if (node == nullptr || !expect_mapping(*node, key, diagnostics)) return;
    for (const Member &member : node->members) parse_one(member, file, diagnostics);
  };
  each("views", parse_view);
  each("functions", parse_function);
  each("sequences", parse_sequence);
  each("outside", parse_outside);
}

}  // namespace tenancy::policy
