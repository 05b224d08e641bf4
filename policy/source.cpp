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

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace tenancy::policy
