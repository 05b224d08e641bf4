#include "policy/command/check_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>

#include "policy/live/findings.hpp"
#include "policy/lower.hpp"

namespace tenancy::policy {

namespace {

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string indented(const std::string &text, std::string_view indentation) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += indentation;
  }
  return out;
}

std::string render(const Findings &findings) {
  std::string out;
  for (const Finding &each : findings.all) {
    out += fmt::format("{}[{}]: {}: {}\n  fix: {}\n",
                       each.severity == Severity::error ? "error" : "warning", each.check,
                       each.object, each.what, indented(each.fix.text, "       "));
  }
  for (const std::string &each : findings.unseen) out += fmt::format("not seen: {}\n", each);
  return out;
}

}  // namespace

ExitCode check_database(const Source &source, const Model &model, const std::string &conninfo) {
  try {
    Database database(conninfo);
    const Findings findings = find(database, lower(model), source);
    const auto errors = static_cast<std::size_t>(
        std::count_if(findings.all.begin(), findings.all.end(),
                      [](const Finding &each) { return each.severity == Severity::error; }));
    std::cout << render(findings)
              << fmt::format("{}: {}, {} in {} of the policy and {}\n", source.path(),
                             count(errors, "error"), count(findings.all.size() - errors, "warning"),
                             count(findings.tables, "table"), count(findings.pools, "pool"));
    return findings.failed() ? ExitCode::findings : ExitCode::fine;
  } catch (const DatabaseError &error) {
    throw std::runtime_error(error.describe());
  }
}

}  // namespace tenancy::policy
