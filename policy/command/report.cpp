#include "policy/command/report.hpp"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tenancy::policy {

std::shared_ptr<Format> add_format(CLI::App &command) {
  const auto format = std::make_shared<Format>(Format::human);
  const std::map<std::string, Format> formats{{"human", Format::human},
                                              {"json", Format::json},
                                              {"github", Format::github},
                                              {"sarif", Format::sarif}};
  command
      .add_option_function<std::string>(
          "--format", [format, formats](const std::string &name) { *format = formats.at(name); },
          "How errors and warnings are shown: human (default), json, github, sarif")
      ->check(CLI::IsMember({"human", "json", "github", "sarif"}))
      ->type_name("FORMAT");
  return format;
}

namespace {

bool takes_colours(int file) {
  const char *off = std::getenv("NO_COLOR");
  const char *terminal = std::getenv("TERM");
  return isatty(file) != 0 && (off == nullptr || *off == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb";
}

}  // namespace

void report(const Diagnostics &diagnostics, const Source &source, Format format, Stream stream) {
  const bool colours = takes_colours(stream == Stream::output ? STDOUT_FILENO : STDERR_FILENO);
  std::ostream &out = stream == Stream::output ? std::cout : std::cerr;
  if (!(out << render(diagnostics, source, format, colours) << std::flush)) {
    throw std::runtime_error("cannot write what is wrong with the policy");
  }
}

}  // namespace tenancy::policy
