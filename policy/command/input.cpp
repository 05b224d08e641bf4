#include "policy/command/input.hpp"

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace tenancy::policy {

std::string read_input(const std::string &path, std::size_t limit) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream &in = path == "-" ? std::cin : file;
  if (!in) throw std::runtime_error(fmt::format("cannot open {}", path));
  std::string text(limit + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) {
    throw std::runtime_error(fmt::format("cannot read {}", path));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > limit) {
    throw std::runtime_error(fmt::format("{} is longer than {} bytes", path, limit));
  }
  return text;
}

std::string read_token(const std::string &argument, std::size_t limit) {
  if (argument != "-") return argument;
  std::string text = read_input("-", limit + 2);
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

std::pair<std::string, std::string> split_assignment(const std::string &option,
                                                     const std::string &text) {
  const std::size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) {
    throw CLI::ValidationError(option, fmt::format("\"{}\" is not name=value", text));
  }
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace tenancy::policy
