#include "policy/live/text_array.hpp"

#include <stdexcept>

namespace tenancy::policy {

std::vector<std::string> read_text_array(std::string_view text) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') {
    throw std::invalid_argument("not an array of one dimension");
  }
  std::vector<std::string> elements;
  text = text.substr(1, text.size() - 2);
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string element;
    const bool quoted = text[at] == '"';
    if (quoted) {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
        if (at < text.size()) element += text[at];
      }
      if (at >= text.size()) throw std::invalid_argument("an element without its end");
      ++at;
    } else {
      for (; at < text.size() && text[at] != ','; ++at) element += text[at];
      if (element == "NULL") element.clear();
    }
    elements.push_back(std::move(element));
    if (at < text.size() && text[at] != ',') throw std::invalid_argument("elements without comma");
  }
  return elements;
}

std::string write_text_array(const std::vector<std::string> &elements) {
  std::string text = "{";
  for (const std::string &element : elements) {
    if (text.size() > 1) text += ',';
    text += '"';
    for (const char c : element) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + '}';
}

}  // namespace tenancy::policy
