#include "policy/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/ident.hpp"

namespace tenancy::policy {

namespace {

std::string_view describe(const Node &node) {
  switch (node.kind) {
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::mapping:
      return "a mapping";
    default:
      return node.text.empty() && node.style == Node::Style::plain ? "nothing" : "a word";
  }
}

void refuse_kind(const Node &node, std::string_view what, std::string_view wanted,
                 Diagnostics &diagnostics) {
  if (node.kind == Node::Kind::refused) return;
  diagnostics.error("structure", fmt::format("{} is {}, not {}", what, wanted, describe(node)),
                    node.span,
                    wanted == "a mapping" ? "write { key: value, ... }; an empty one is {}"
                    : wanted == "a list"  ? "write [a, b, ...]"
                                          : "write one word");
}

bool contains(const std::vector<std::string> &words, const std::string &word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void check_context(const ast::Name &context, Diagnostics &diagnostics) {
  if (context.text == "app" || context.text == "dashboard") return;
  if (context.text == "portal") {
    diagnostics.error("unsupported", "\"portal\" is not supported by this version", context.span,
                      "serve the portal from dashboard or app: known here: app, dashboard");
  } else {
    diagnostics.error("unknown-context",
                      fmt::format("there is no API context \"{}\"", context.text), context.span,
                      suggest(context.text, {"app", "dashboard"}));
  }
}

// What can be done without what comes with a later version.
std::string_view instead_of(std::string_view key) {
  if (key == "services") {
    return "remove it; a job that serves all tenants has a login role of its own with BYPASSRLS, "
           "declared under outside";
  }
  if (key == "principals" || key == "principal") {
    return "remove it; staff who see all tenants have a login role of their own with BYPASSRLS, "
           "declared under outside";
  }
  return "remove it";
}

}  // namespace

MappingReader::MappingReader(const Node &node, std::string what, std::vector<std::string> known,
                             Diagnostics &diagnostics, const std::vector<std::string> &later)
    : node_(node),
      what_(std::move(what)),
      diagnostics_(diagnostics),
      mapping_(expect_mapping(node, what_, diagnostics)) {
  if (!mapping_) return;
  for (const Member &member : node.members) {
    const std::string &key = member.key.text;
    if (contains(known, key)) continue;
    if (contains(later, key)) {
      diagnostics_.error("unsupported", fmt::format("\"{}\" is not supported by this version", key),
                         member.key.span, std::string(instead_of(key)));
    } else if (!is_ambiguous(member.key) || read_name(member.key, "a key", diagnostics_)) {
      diagnostics_.error("unknown-key", fmt::format("there is no \"{}\" in {}", key, what_),
                         member.key.span, suggest(key, known));
    }
  }
}

const Node *MappingReader::find(std::string_view key) const {
  if (!mapping_) return nullptr;
  for (const Member &member : node_.members) {
    if (member.key.text == key) {
      return member.value.kind == Node::Kind::refused ? nullptr : &member.value;
    }
  }
  return nullptr;
}

const Node *MappingReader::require(std::string_view key) {
  const Node *found = find(key);
  const bool there = mapping_ && std::any_of(node_.members.begin(), node_.members.end(),
                                             [&](const Member &m) { return m.key.text == key; });
  if (mapping_ && !there) {
    diagnostics_.error("missing-key", fmt::format("{} lacks \"{}\"", what_, key),
                       {node_.span.begin, node_.span.begin + 1}, fmt::format("add \"{}:\"", key));
  }
  return found;
}

std::optional<ast::Name> read_name(const Node &node, std::string_view what,
                                   Diagnostics &diagnostics) {
  if (node.kind != Node::Kind::scalar || (node.text.empty() && node.style == Node::Style::plain)) {
    refuse_kind(node, what, "a word", diagnostics);
    return std::nullopt;
  }
  if (is_ambiguous(node)) {
    diagnostics.error("ambiguous-word",
                      fmt::format("\"{}\" is a value to some readers of YAML", node.text),
                      node.span, fmt::format("quote it if it is a name: '{}'", node.text));
    return std::nullopt;
  }
  if (node.text.empty()) {
    diagnostics.error("name", fmt::format("{} is empty", what), node.span, "write one word");
    return std::nullopt;
  }
  return ast::Name{node.text, node.span};
}

std::optional<ast::Name> read_identifier(const Node &node, std::string_view what,
                                         Diagnostics &diagnostics) {
  std::optional<ast::Name> name = read_name(node, what, diagnostics);
  if (!name) return name;
  const bool control = std::any_of(name->text.begin(), name->text.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (name->text.size() > max_identifier_size || control) {
    diagnostics.error("name", fmt::format("{} is no name that PostgreSQL can hold", what),
                      node.span, "a name has at most 63 bytes and no control characters");
    return std::nullopt;
  }
  return name;
}

std::optional<ast::Name> read_qualified(const Node &node, std::string_view what,
                                        Diagnostics &diagnostics) {
  std::optional<ast::Name> name = read_name(node, what, diagnostics);
  if (!name) return name;
  const std::size_t dot = name->text.find('.');
  const auto fits = [](std::string_view part) {
    return !part.empty() && part.size() <= max_identifier_size &&
           part.find('.') == std::string_view::npos &&
           std::none_of(part.begin(), part.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  };
  const std::string_view text = name->text;
  const bool good = dot == std::string::npos
                        ? fits(text)
                        : fits(text.substr(0, dot)) && fits(text.substr(dot + 1));
  if (!good) {
    diagnostics.error("name", fmt::format("{} is no table name", what), node.span,
                      "write table or schema.table, each part at most 63 bytes");
    return std::nullopt;
  }
  return name;
}

std::vector<ast::Name> read_list(const Node &node, std::string_view what, bool single_allowed,
                                 Diagnostics &diagnostics) {
  std::vector<ast::Name> names;
  const auto add = [&](const Node &item) {
    const auto name = read_identifier(item, "a name in " + std::string(what), diagnostics);
    if (!name) return;
    const bool twice = std::any_of(names.begin(), names.end(),
                                   [&](const ast::Name &n) { return n.text == name->text; });
    if (twice) {
      diagnostics.error("duplicate", fmt::format("\"{}\" stands here twice", name->text),
                        name->span, "remove one");
    } else {
      names.push_back(*name);
    }
  };
  if (single_allowed && node.kind == Node::Kind::scalar) {
    add(node);
  } else if (node.kind != Node::Kind::sequence) {
    refuse_kind(node, what, "a list", diagnostics);
  } else if (node.items.empty()) {
    diagnostics.error("structure", fmt::format("{} is empty", what), node.span,
                      "leave it out if there is nothing to list");
  } else {
    for (const Node &item : node.items) add(item);
  }
  return names;
}

std::optional<ast::Name> read_choice(const Node &node, std::string_view what,
                                     const std::vector<std::string> &choices,
                                     Diagnostics &diagnostics) {
  if (!is_ambiguous(node)) {
    const std::optional<ast::Name> name = read_name(node, what, diagnostics);
    if (!name || contains(choices, name->text)) return name;
  }
  diagnostics.error("unknown-word", fmt::format("{} cannot be \"{}\"", what, node.text), node.span,
                    suggest(node.text, choices));
  return std::nullopt;
}

std::optional<ast::Name> read_context(const Node &node, Diagnostics &diagnostics) {
  const std::optional<ast::Name> context = read_name(node, "a context", diagnostics);
  if (context) check_context(*context, diagnostics);
  return context;
}

std::vector<ast::Name> read_contexts(const Node &node, Diagnostics &diagnostics) {
  std::vector<ast::Name> contexts = read_list(node, "context", false, diagnostics);
  for (const ast::Name &context : contexts) check_context(context, diagnostics);
  return contexts;
}

std::optional<ast::Columns> read_columns(const Node &node, std::string_view verb,
                                         Diagnostics &diagnostics) {
  ast::Columns columns{node.span, false, {}};
  if (node.kind == Node::Kind::scalar && node.text != "all") {
    diagnostics.error("structure", fmt::format("{} takes \"all\" or a list of columns", verb),
                      node.span,
                      fmt::format("write \"{}: all\" or \"{}: [column, ...]\"", verb, verb));
    return std::nullopt;
  }
  for (ast::Name &name : read_list(node, verb, true, diagnostics)) {
    if (name.text == "all") {
      columns.all = true;
    } else {
      columns.names.push_back(std::move(name));
    }
  }
  return columns;
}

std::optional<ast::Name> read_text(const Node &node, std::string_view what,
                                   Diagnostics &diagnostics) {
  if (node.kind == Node::Kind::scalar && node.text.find_first_not_of(" \n") != std::string::npos &&
      !is_ambiguous(node)) {
    return ast::Name{node.text, node.span};
  }
  if (node.kind == Node::Kind::refused) return std::nullopt;
  diagnostics.error("structure", fmt::format("{} is a sentence, not {}", what, describe(node)),
                    node.span, "say it in words, for whoever reviews this");
  return std::nullopt;
}

bool expect_mapping(const Node &node, std::string_view what, Diagnostics &diagnostics) {
  if (node.kind != Node::Kind::mapping) refuse_kind(node, what, "a mapping", diagnostics);
  return node.kind == Node::Kind::mapping;
}

}  // namespace tenancy::policy
