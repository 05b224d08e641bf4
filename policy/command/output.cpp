#include "policy/command/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace tenancy::policy {

namespace {

void write_whole(const std::string &path, const std::string &text) {
  const std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  std::error_code failure;
  if (out) std::filesystem::rename(temporary, path, failure);
  if (!out || failure) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw std::runtime_error(fmt::format("cannot write \"{}\"", path));
  }
}

}  // namespace

void write_output(const std::string &path, const std::string &text) {
  if (!path.empty()) {
    write_whole(path, text);
  } else if (!(std::cout << text << std::flush)) {
    throw std::runtime_error("cannot write to the standard output");
  }
}

}  // namespace tenancy::policy
