#include "policy/command/check_database.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <vector>

#include "policy/live/accepted.hpp"
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

std::string render(const Findings &findings, const Source &source) {
  std::string out;
  for (const LiveFinding &each : findings.all) {
    out += fmt::format(
        "{}: {}[{}]: {}: {}\n  fix: {}\n",
        each.at ? fmt::format("{}:{}", source.path_at(*each.at), source.position(*each.at).line)
                : source.path(),
        each.severity == Severity::error ? "error" : "warning", each.check, each.object, each.what,
        indented(each.fix.text, "       "));
  }
  for (const std::string &each : findings.unseen) out += fmt::format("not seen: {}\n", each);
  return out;
}

}  // namespace

ExitCode check_database(const Source &source, const Model &model, const std::string &conninfo,
                        const std::string &accepted) {
  Diagnostics diagnostics;
  std::optional<Source> list;
  std::vector<Accepted> entries;
  if (!accepted.empty()) {
    list = Source::read(accepted);
    entries = read_accepted(*list, diagnostics);
  }
  if (diagnostics.failed()) {
    std::cerr << diagnostics.render(*list);
    return ExitCode::usage;
  }
  Database database(conninfo);
  Findings findings = find(database, lower(model), source);
  const std::size_t taken = take_accepted(findings, entries, diagnostics);
  if (list) std::cerr << diagnostics.render(*list);
  const auto errors = static_cast<std::size_t>(
      std::count_if(findings.all.begin(), findings.all.end(),
                    [](const LiveFinding &each) { return each.severity == Severity::error; }));
  std::cout << render(findings, source)
            << fmt::format("{}: {}, {}{} in {} of the policy and {}\n", source.path(),
                           count(errors, "error"), count(findings.all.size() - errors, "warning"),
                           taken == 0 ? "" : fmt::format(", {} accepted", taken),
                           count(findings.tables, "table"), count(findings.pools, "pool"));
  return findings.failed() ? ExitCode::findings : ExitCode::fine;
}

}  // namespace tenancy::policy
