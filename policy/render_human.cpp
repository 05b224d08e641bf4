#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "policy/render.hpp"

namespace tenancy::policy {

namespace {

struct Palette {
  std::string_view bold, red, yellow, plain;
};
constexpr Palette no_colours{};
constexpr Palette terminal{"\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[0m"};

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

void render_one(std::string &out, const Diagnostic &diagnostic, const Source &source,
                const Palette &palette) {
  const Position at = source.position(diagnostic.span.begin);
  const std::string_view line = source.line_at(diagnostic.span.begin);
  const std::size_t rest = source.text().size() - diagnostic.span.begin;
  // Only what lies in the first line is underlined.
  const std::size_t length = std::min(diagnostic.span.end - diagnostic.span.begin, rest);
  std::string_view marked = std::string_view(source.text()).substr(diagnostic.span.begin, length);
  marked = marked.substr(0, marked.find_first_of("\r\n"));
  const std::size_t width = std::max<std::size_t>(count_characters(marked), 1);

  const std::string_view colour =
      diagnostic.severity == Severity::error ? palette.red : palette.yellow;
  fmt::format_to(std::back_inserter(out), "{}{}:{}:{}: {}{}[{}]{}{}: {}{}\n", palette.bold,
                 printable(source.path_at(diagnostic.span.begin)), at.line, at.column, colour,
                 name_of(diagnostic.severity), diagnostic.name, palette.plain, palette.bold,
                 printable(diagnostic.message), palette.plain);
  fmt::format_to(std::back_inserter(out), "{:5} | {}\n", at.line, printable(line));
  fmt::format_to(std::back_inserter(out), "      | {:{}}{}^{:~<{}}{}\n", "", at.column - 1, colour,
                 "", width - 1, palette.plain);
  fmt::format_to(std::back_inserter(out), "{}help:{} {}\n\n", palette.bold, palette.plain,
                 printable(diagnostic.help));
}

}  // namespace

std::string render_human(const Diagnostics &diagnostics, const Source &source, bool colours) {
  if (diagnostics.all().empty()) return {};
  const Palette &palette = colours ? terminal : no_colours;
  std::string out;
  for (const Diagnostic &each : diagnostics.sorted()) render_one(out, each, source, palette);
  std::string counts;
  if (diagnostics.errors() > 0) counts = count(diagnostics.errors(), "error");
  if (diagnostics.warnings() > 0) {
    counts += (counts.empty() ? "" : ", ") + count(diagnostics.warnings(), "warning");
  }
  return out + printable(source.path()) + ": " + counts + "\n";
}

}  // namespace tenancy::policy
