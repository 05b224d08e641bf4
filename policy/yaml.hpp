// A strict subset of YAML 1.2 as a tree with positions. Only libfyaml's reader is behind it;
// nothing else sees that library.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

struct Member;

struct Node {
  // refused: it was reported already and must be passed over in silence.
  enum class Kind { scalar, sequence, mapping, refused };
  enum class Style { plain, single_quoted, double_quoted, block };

  Kind kind = Kind::refused;
  Style style = Style::plain;   // of a scalar
  std::string text;             // of a scalar, after quotes, escapes and folding
  std::vector<Node> items;      // of a sequence
  std::vector<Member> members;  // of a mapping, in the order of the text
  Span span;
};

struct Member {
  Node key;  // always a scalar
  Node value;
};

// Refused, with a position each: what is not YAML or not UTF-8, tabs and other control characters,
// duplicate keys, anchors, aliases, merge keys, tags, directives, several documents, keys that
// are not scalars, nesting deeper than 16. Nothing if there is no tree to go on with. file: its
// number in the source.
std::optional<Node> read_yaml(const Source &source, Diagnostics &diagnostics, std::size_t file = 0);

// Whether a plain scalar is a word that readers of YAML 1.1 take for a boolean or for nothing
// (yes, no, on, off, y, n, true, false, null, ~), so that it names nothing reliably.
bool is_ambiguous(const Node &node);

// Where byte `at` of the scalar's text is in the source. Exact wherever folding and escapes allow
// it, else the start of the scalar.
std::size_t source_offset(const Source &source, const Node &scalar, std::size_t at);

}  // namespace tenancy::policy
