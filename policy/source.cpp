#include "policy/source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace tenancy::policy {

Source::Source(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)), starts_{0} {
  for (std::size_t at = 0; at < text_.size(); ++at) {
    if (text_[at] == '\n') starts_.push_back(at + 1);
  }
}

Source Source::read(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  // A directory opens, but cannot be read.
  if (!in || std::filesystem::is_directory(path)) {
    throw std::runtime_error("cannot read \"" + path + "\": " + std::strerror(in ? EISDIR : errno));
  }
  std::string text(max_source_size + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) throw std::runtime_error("cannot read \"" + path + "\"");
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > max_source_size) {
    throw std::runtime_error("\"" + path + "\" is larger than 1 MiB, which no policy is");
  }
  return Source(path, std::move(text));
}

std::string Source::name() const {
  return std::filesystem::path(path_).filename().string();
}

Position Source::position(std::size_t offset) const {
  const auto after = std::upper_bound(starts_.begin(), starts_.end(), offset);
  const std::size_t start = *(after - 1);
  const std::string_view before = std::string_view(text_).substr(start, offset - start);
  return {static_cast<std::size_t>(after - starts_.begin()), count_characters(before) + 1};
}

std::string_view Source::line(std::size_t number) const {
  const std::size_t start = starts_.at(number - 1);
  const std::size_t end = number < starts_.size() ? starts_[number] - 1 : text_.size();
  std::string_view line = std::string_view(text_).substr(start, end - start);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t at = 1; at < length; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return 0;
  }
  // Overlong forms, surrogates, beyond U+10FFFF.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F) ||
      (first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) {
    return 0;
  }
  return length;
}

bool is_invisible(std::string_view character) {
  return (character >= "\u0080" && character <= "\u009f") ||
         (character >= "\u2028" && character <= "\u202e") ||
         (character >= "\u2066" && character <= "\u2069");
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace tenancy::policy
