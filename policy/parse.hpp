// The tree of the file as what the language's grammar makes of it.
#pragma once

#include "policy/ast.hpp"
#include "policy/diagnostic.hpp"
#include "policy/reader.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

inline constexpr int language_version = 1;

// Whatever is understood; what is not is reported and left out. roots: of the source's files, the
// first one first; all of them make one policy.
ast::File parse(const Source &source, const std::vector<Node> &roots, Diagnostics &diagnostics);

// What `relations:` holds.
std::vector<ast::Relation> parse_relations(const Source &source, const Node &node,
                                           Diagnostics &diagnostics);

// One member of `tables:`.
std::optional<ast::Table> parse_table(const Source &source, const Member &member,
                                      Diagnostics &diagnostics);

// `views:`, `functions:`, `sequences:` and `outside:` of one file.
void parse_objects(const MappingReader &top, ast::File &file, Diagnostics &diagnostics);
// `fixtures:` and `tests:` of one file.
void parse_tests(const MappingReader &top, ast::File &file, Diagnostics &diagnostics);

}  // namespace tenancy::policy
