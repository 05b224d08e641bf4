#include "policy/sql_words.hpp"

#include <algorithm>

namespace tenancy::policy {

namespace {

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

void SqlWords::skip_spaces() {
  while (at_ < text_.size() && text_[at_] == ' ') ++at_;
}

void SqlWords::fail(std::string_view wanted) {
  if (wanted_.empty()) wanted_ = wanted;
}

bool SqlWords::starts_word(std::string_view words) const {
  if (!left().starts_with(words)) return false;
  const std::string_view after = left().substr(words.size());
  return after.empty() || !is_name_byte(words.back()) || !is_name_byte(after.front());
}

bool SqlWords::take(std::string_view words) {
  skip_spaces();
  if (failed() || !starts_word(words)) return false;
  at_ += words.size();
  return true;
}

void SqlWords::expect(std::string_view words) {
  if (!take(words)) fail("\"" + std::string(words) + "\"");
}

bool SqlWords::next_is(char c) {
  skip_spaces();
  return !failed() && left().starts_with(c);
}

std::string SqlWords::identifier() {
  skip_spaces();
  if (failed()) return {};
  std::string name;
  const std::size_t start = at_;
  if (left().starts_with('"')) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"' && !left().starts_with("\"\"")) break;
      if (text_[at_] == '"') ++at_;
      name += text_[at_];
    }
    if (at_ == text_.size()) {
      at_ = start;
      fail("a closing quote");
      return {};
    }
    ++at_;
  } else {
    while (at_ < text_.size() && is_name_byte(text_[at_])) name += text_[at_++];
  }
  if (name.empty()) fail("a name, in double quotes unless it is of small letters and digits");
  return name;
}

TableName SqlWords::qualified() {
  TableName name;
  name.schema = identifier();
  expect(".");
  name.name = identifier();
  return name;
}

std::vector<std::string> SqlWords::columns() {
  std::vector<std::string> names;
  expect("(");
  do names.push_back(identifier());
  while (take(","));
  expect(")");
  return names;
}

std::string SqlWords::operator_name() {
  skip_spaces();
  if (failed()) return {};
  const std::size_t end = std::min(text_.find_first_of(" ,()", at_), text_.size());
  std::string name(text_.substr(at_, end - at_));
  if (name.empty()) fail("an operator");
  at_ = end;
  return name;
}

std::size_t SqlWords::end_of_piece(std::size_t at) const {
  std::size_t depth = 0;
  do {
    const char c = text_[at];
    if (c == '\'' || c == '"') {
      at = text_.find(c, at + 1);
      if (at == text_.npos) return at;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      if (depth == 0) return text_.npos;
      --depth;
    }
    ++at;
  } while (depth > 0 && at < text_.size());
  return depth > 0 ? text_.npos : at;
}

std::string SqlWords::until(std::initializer_list<std::string_view> ends) {
  skip_spaces();
  if (failed()) return {};
  const std::size_t start = at_;
  while (at_ < text_.size()) {
    if (text_[at_] == ' ') {
      const std::size_t space = at_++;
      const bool end = std::any_of(ends.begin(), ends.end(),
                                   [&](std::string_view words) { return starts_word(words); });
      if (end) return std::string(text_.substr(start, space - start));
      continue;
    }
    const std::size_t end = end_of_piece(at_);
    if (end == text_.npos) {
      fail("the end of what is opened here");
      return {};
    }
    at_ = end;
  }
  if (at_ == start) fail("something");
  return std::string(text_.substr(start));
}

std::string SqlWords::parenthesized() {
  skip_spaces();
  if (failed()) return {};
  const std::size_t end = left().starts_with('(') ? end_of_piece(at_) : text_.npos;
  if (end == text_.npos) {
    fail("an expression in parentheses");
    return {};
  }
  std::string inside(text_.substr(at_ + 1, end - at_ - 2));
  at_ = end;
  return inside;
}

std::string SqlWords::rest() {
  skip_spaces();
  if (failed()) return {};
  if (left().empty()) fail("an expression");
  std::string all(left());
  at_ = text_.size();
  return all;
}

void SqlWords::finish() {
  skip_spaces();
  if (!left().empty()) fail("nothing more");
}

}  // namespace tenancy::policy
