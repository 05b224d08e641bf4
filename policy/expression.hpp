// One SQL expression in a scalar of the policy, as PostgreSQL's own grammar reads it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/json.hpp"
#include "policy/diagnostic.hpp"
#include "policy/source.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

// What a reader of such scalars is built on: their parse trees, and where in the source a node of a
// tree is. All three arguments outlive it.
class Expression {
 public:
  // Ends the reading of one expression after its first error, which was reported.
  struct Refused {};

 protected:
  Expression(const Source &source, const Node &scalar, Diagnostics &diagnostics)
      : source_(source), text_(scalar.text), scalar_(scalar), diagnostics_(diagnostics) {}

  // at, length: bytes of the scalar's text.
  [[noreturn]] void refuse(std::size_t at, std::size_t length, std::string message,
                           std::string help, const char *name = "condition");
  Span span(std::size_t at, std::size_t length) const;
  // Byte offset within the text of a parse node, or of the first node under it that has one.
  std::size_t place(Json node) const;
  std::size_t word_length(std::size_t at) const;

  // The tree of a text in which everything is where it is in the scalar's; refuses what is no
  // expression.
  JsonDocument parse_tree(const std::string &text);
  // The expression itself; refuses what goes on after one.
  Json where_clause(const JsonDocument &tree);

  static bool is_word(char c);

  const Source &source_;
  const std::string &text_;

 private:
  std::size_t byte_of_character(std::size_t character) const;

  const Node &scalar_;
  Diagnostics &diagnostics_;
};

}  // namespace tenancy::policy
