#include "policy/yaml_scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "policy/source.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool must_escape(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  return first < 0x20 || first == 0x7F || is_invisible(character) || character == "\ufeff" ||
         character == "\ufffe" || character == "\uffff";
}

// Narrower than the grammar: what looks like punctuation of YAML goes into quotes.
bool is_plain(std::string_view text, Place place) {
  if (text.empty() || text.back() == ' ' || text.back() == ':') return false;
  if (!is_word(text.front()) && text.front() != '(') return false;
  Node node;
  node.kind = Node::Kind::scalar;
  node.text = text;
  const std::string_view others =
      place == Place::flow ? " _.$()-" : " _.$()-,[]{}'\"=<>~|&+*/%!@:#";
  return !is_ambiguous(node) && text.find(": ") == text.npos && text.find(" #") == text.npos &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_word(c) || others.find(c) != others.npos ||
                  static_cast<unsigned char>(c) >= 0x80;
         });
}

unsigned code_point(std::string_view character) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(character[at]); };
  if (character.size() == 1) return byte(0);
  unsigned code = byte(0) & (0xFFU >> (character.size() + 1));
  for (std::size_t at = 1; at < character.size(); ++at) code = code << 6 | (byte(at) & 0x3FU);
  return code;
}

}  // namespace

std::string yaml_scalar(std::string_view text, Place place) {
  std::string escaped = "\"";
  std::string quoted = "'";
  bool escapes = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    if (length == 0) throw std::invalid_argument("a name or expression is not UTF-8 text");
    const std::string_view character = text.substr(at, length);
    if (must_escape(character)) {
      escapes = true;
      fmt::format_to(std::back_inserter(escaped), "\\u{:04x}", code_point(character));
    } else {
      if (character == "\"" || character == "\\") escaped += '\\';
      escaped += character;
    }
    quoted += character;
    if (character == "'") quoted += '\'';
    at += length;
  }
  if (escapes) return escaped + '"';
  return is_plain(text, place) ? std::string(text) : quoted + '\'';
}

}  // namespace tenancy::policy
