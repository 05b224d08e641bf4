#include "policy/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace tenancy::policy {

Source::Source(std::string path, std::string text) {
  add(std::move(path), std::move(text));
}

std::size_t Source::add(std::string path, std::string text) {
  if (!files_.empty()) text_ += '\n';  // so that the end of one is not the begin of the next
  const std::size_t begin = text_.size();
  text_ += text;
  const std::filesystem::path first(files_.empty() ? path : files_.front().path);
  const std::filesystem::path folder = first.lexically_normal().parent_path();
  std::string name = files_.empty()
                         ? first.filename().string()
                         : std::filesystem::path(path).lexically_relative(folder).string();
  files_.push_back({std::move(path), std::move(name), {begin, text_.size()}});
  starts_.push_back(begin);
  for (std::size_t at = begin; at < text_.size(); ++at) {
    if (text_[at] == '\n') starts_.push_back(at + 1);
  }
  return files_.size() - 1;
}

Source Source::read(const std::string &path, std::size_t limit) {
  return Source(path, read_file(path, limit));
}

std::string read_file(const std::string &path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  // A directory opens, but cannot be read.
  if (!in || std::filesystem::is_directory(path)) {
    throw std::runtime_error("cannot read \"" + path + "\": " + std::strerror(in ? EISDIR : errno));
  }
  std::string text;
  for (std::string piece(max_source_size, '\0'); in && text.size() <= limit;) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) throw std::runtime_error("cannot read \"" + path + "\"");
  if (text.size() > limit) {
    throw std::runtime_error(fmt::format("\"{}\" is larger than {} MiB, which no such file is",
                                         path, limit / (1 << 20)));
  }
  return text;
}

const Source::File &Source::file_at(std::size_t offset) const {
  const auto after =
      std::upper_bound(files_.begin(), files_.end(), offset,
                       [](std::size_t at, const File &file) { return at < file.extent.begin; });
  return *(after - 1);
}

std::string Source::record() const {
  if (files_.size() == 1) return text_;
  std::string out;
  for (const File &file : files_) {
    const std::size_t length = file.extent.end - file.extent.begin;
    out += "# " + name_at(file.extent.begin) + "\n" + text_.substr(file.extent.begin, length);
    if (!out.ends_with('\n')) out += '\n';
  }
  return out;
}

std::size_t Source::line_start(std::size_t offset) const {
  return *(std::upper_bound(starts_.begin(), starts_.end(), offset) - 1);
}

Position Source::position(std::size_t offset) const {
  const auto first = std::lower_bound(starts_.begin(), starts_.end(), file_at(offset).extent.begin);
  const std::size_t start = line_start(offset);
  const auto line = std::lower_bound(first, starts_.end(), start) - first;
  const std::string_view before = std::string_view(text_).substr(start, offset - start);
  return {static_cast<std::size_t>(line) + 1, count_characters(before) + 1};
}

std::string Source::place(std::size_t other, std::size_t offset) const {
  const std::string line = std::to_string(position(other).line);
  return &file_at(other) == &file_at(offset) ? "line " + line : name_at(other) + ":" + line;
}

std::string_view Source::line_at(std::size_t offset) const {
  const std::size_t start = line_start(offset);
  std::string_view line = std::string_view(text_).substr(start, file_at(offset).extent.end - start);
  line = line.substr(0, line.find('\n'));
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
  if (character.size() == 1) return false;
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
