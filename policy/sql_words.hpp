// Reads short SQL text from left to right: names, words, lists of columns. What is missing is noted
// once, at its place; after that nothing is taken any more.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "policy/table_name.hpp"

namespace tenancy::policy {

class SqlWords {
 public:
  explicit SqlWords(std::string_view text) : text_(text) {}

  // Takes these words, one space between two of them, if they stand next.
  bool take(std::string_view words);
  void expect(std::string_view words);
  bool next_is(char c);  // takes nothing but spaces

  std::string identifier();            // x, "Odd Name"; a capital letter needs quotes
  TableName qualified();               // schema.name
  std::vector<std::string> columns();  // (a, b)
  std::string operator_name();         // up to a space, a comma or a parenthesis
  std::string until(std::initializer_list<std::string_view> ends);  // top-level words, or the end
  std::string parenthesized();  // ( what is between ), quotes and parentheses in it matched
  std::string rest();           // all of it; something must be there

  void finish();  // nothing may follow

  bool failed() const { return !wanted_.empty(); }
  const std::string &wanted() const { return wanted_; }  // what was not there
  std::size_t at() const { return at_; }                 // where; byte of the text

 private:
  std::string_view left() const { return text_.substr(at_); }
  void skip_spaces();
  bool starts_word(std::string_view words) const;
  // The end of what begins at: a string, a quoted name, a parenthesis with all in it, one byte.
  std::size_t end_of_piece(std::size_t at) const;
  void fail(std::string_view wanted);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string wanted_;
};

}  // namespace tenancy::policy
