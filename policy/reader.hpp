// Reads one node as what the grammar expects at its place, and reports when it is something else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ast.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

// A mapping with a closed set of keys. REQUIRES: the node outlives it.
class MappingReader {
 public:
  // known: the keys in the order in which the help lists them; later: those that this version of
  // the language refuses by name. what: "a rule", for messages. A node that is no mapping is
  // reported, and then holds nothing.
  MappingReader(const Node &node, std::string what, std::vector<std::string> known,
                Diagnostics &diagnostics, const std::vector<std::string> &later = {});

  explicit operator bool() const { return mapping_; }

  // The value of a known key; null if it is not there, or was refused.
  const Node *find(std::string_view key) const;
  // The same; reports a key that is not there.
  const Node *require(std::string_view key);

 private:
  const Node &node_;
  std::string what_;
  Diagnostics &diagnostics_;
  bool mapping_;
};

// The name in a scalar. Reported: other nodes, empty text, yes/no/on/off and other words that some
// readers of YAML take for values.
std::optional<ast::Name> read_name(const Node &node, std::string_view what,
                                   Diagnostics &diagnostics);
// The same for a name in the database: at most 63 bytes.
std::optional<ast::Name> read_identifier(const Node &node, std::string_view what,
                                         Diagnostics &diagnostics);
// The same for `schema.name` or `name`.
std::optional<ast::Name> read_qualified(const Node &node, std::string_view what,
                                        Diagnostics &diagnostics);
// A list of identifiers, each once; a single one is a list of one where the flag says so.
std::vector<ast::Name> read_list(const Node &node, std::string_view what, bool single_allowed,
                                 Diagnostics &diagnostics);

// One of a closed set of words. Reported by that name: another.
std::optional<ast::Name> read_choice(const Node &node, std::string_view what,
                                     const std::vector<std::string> &choices,
                                     Diagnostics &diagnostics);
// An API context, and a list of them.
std::optional<ast::Name> read_context(const Node &node, Diagnostics &diagnostics);
std::vector<ast::Name> read_contexts(const Node &node, Diagnostics &diagnostics);
// `all`, a column or a list of columns, after a verb.
std::optional<ast::Columns> read_columns(const Node &node, std::string_view verb,
                                         Diagnostics &diagnostics);
// Any text: a sentence. Reported: other nodes, nothing.
std::optional<ast::Name> read_text(const Node &node, std::string_view what,
                                   Diagnostics &diagnostics);

// Whether node is a mapping; reports if not.
bool expect_mapping(const Node &node, std::string_view what, Diagnostics &diagnostics);

}  // namespace tenancy::policy
