#include "policy/expression.hpp"

#include <fmt/format.h>
#include <pg_query.h>

#include <algorithm>
#include <utility>

namespace tenancy::policy {

namespace {

constexpr std::string_view prefix = "SELECT WHERE ";
constexpr const char *spans_all = "a condition is one expression that spans the whole value";

}  // namespace

void Expression::refuse(std::size_t at, std::size_t length, std::string message, std::string help,
                        const char *name) {
  diagnostics_.error(name, std::move(message), span(at, length), std::move(help));
  throw Refused{};
}

Span Expression::span(std::size_t at, std::size_t length) const {
  const std::size_t begin = source_offset(source_, scalar_, at);
  return {begin, std::max(begin + 1, source_offset(source_, scalar_, at + length))};
}

std::size_t Expression::byte_of_character(std::size_t character) const {
  std::size_t at = 0;
  for (; at < text_.size(); ++at) {
    if ((static_cast<unsigned char>(text_[at]) & 0xC0) != 0x80 && character-- == 0) break;
  }
  return at;
}

std::size_t Expression::word_length(std::size_t at) const {
  std::size_t end = at;
  while (end < text_.size() && (is_word(text_[end]) || text_[end] == '.')) ++end;
  return std::max<std::size_t>(end - at, 1);
}

std::size_t Expression::place(Json node) const {
  if (node["location"].is(JsonType::integer)) {
    const auto at = node["location"].integer() - static_cast<std::int64_t>(prefix.size());
    return std::min(static_cast<std::size_t>(std::max<std::int64_t>(at, 0)), text_.size());
  }
  std::size_t first = text_.size();
  for (const JsonMember &member : node.members()) first = std::min(first, place(member.value));
  for (std::size_t i = 0; i < node.size(); ++i) first = std::min(first, place(node[i]));
  return first;
}

JsonDocument Expression::parse_tree(const std::string &text) {
  const std::string query = std::string(prefix) + text;
  struct Result : PgQueryParseResult {
    ~Result() { pg_query_free_parse_result(*this); }
  } result{pg_query_parse(query.c_str())};
  if (result.error != nullptr) {
    // cursorpos counts characters from 1; all before the text is ASCII.
    const int cursor = std::max(result.error->cursorpos - 1 - static_cast<int>(prefix.size()), 0);
    refuse(byte_of_character(static_cast<std::size_t>(cursor)), 1,
           fmt::format("not a condition: {}", result.error->message), spans_all);
  }
  auto tree = JsonDocument::parse(result.parse_tree);
  if (!tree) {
    refuse(0, text_.size(), "nested too deeply",
           "split the rule in two, or write the condition with fewer parentheses");
  }
  return std::move(*tree);
}

Json Expression::where_clause(const JsonDocument &tree) {
  const Json statements = tree.root()["stmts"];
  const Json select = statements[0]["stmt"]["SelectStmt"];
  if (statements.size() == 1) {
    for (const JsonMember &clause : select.members()) {
      if (clause.name == "whereClause" || clause.name == "limitOption" || clause.name == "op") {
        continue;
      }
      refuse(place(clause.value), 1, "a condition ends before this clause", spans_all);
    }
    if (select["whereClause"].exists() && select["op"].string() == "SETOP_NONE") {
      return select["whereClause"];
    }
  }
  refuse(0, text_.size(), "not a condition", spans_all);
}

bool Expression::is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80) != 0;
}

}  // namespace tenancy::policy
