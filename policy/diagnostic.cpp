#include "policy/diagnostic.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace tenancy::policy {

namespace {

// The number of letters to add, drop, change or swap with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// Fit for a terminal, one column for each character as counted.
std::string printable(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t length = utf8_length(line.substr(at));
    const auto c = static_cast<unsigned char>(line[at]);
    if (c == '\t') {
      out += ' ';
    } else if (length == 0 || c < 0x20 || c == 0x7F || is_invisible(line.substr(at, length))) {
      out += '?';
    } else {
      out.append(line.substr(at, length));
    }
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

std::string count(std::size_t number, std::string_view noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

void render_one(std::string &out, const Diagnostic &diagnostic, const Source &source) {
  const Position at = source.position(diagnostic.span.begin);
  const std::string_view line = source.line_at(diagnostic.span.begin);
  const std::size_t start = source.text().size() - diagnostic.span.begin;
  // Only what lies in the first line is underlined.
  std::size_t length = std::min(diagnostic.span.end - diagnostic.span.begin, start);
  std::string_view marked = std::string_view(source.text()).substr(diagnostic.span.begin, length);
  marked = marked.substr(0, marked.find_first_of("\r\n"));
  const std::size_t width = std::max<std::size_t>(count_characters(marked), 1);

  const std::string shown = printable(line);
  fmt::format_to(std::back_inserter(out), "{}:{}:{}: {}[{}]: {}\n",
                 source.path_at(diagnostic.span.begin), at.line, at.column,
                 diagnostic.severity == Severity::error ? "error" : "warning", diagnostic.name,
                 diagnostic.message);
  fmt::format_to(std::back_inserter(out), "{:5} | {}\n", at.line, shown);
  fmt::format_to(std::back_inserter(out), "      | {:{}}^{:~<{}}\n", "", at.column - 1, "",
                 width - 1);
  fmt::format_to(std::back_inserter(out), "help: {}\n\n", diagnostic.help);
}

}  // namespace

void Diagnostics::error(std::string name, std::string message, Span span, std::string help) {
  ++errors_;
  all_.push_back({Severity::error, std::move(name), std::move(message), span, std::move(help)});
}

void Diagnostics::warning(std::string name, std::string message, Span span, std::string help) {
  all_.push_back({Severity::warning, std::move(name), std::move(message), span, std::move(help)});
}

std::string Diagnostics::render(const Source &source) const {
  if (all_.empty()) return {};
  std::vector<Diagnostic> sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic &a, const Diagnostic &b) {
    return a.span.begin < b.span.begin;
  });
  std::string out;
  for (const Diagnostic &diagnostic : sorted) render_one(out, diagnostic, source);
  std::string counts;
  if (errors() > 0) counts = count(errors(), "error");
  if (warnings() > 0) counts += (counts.empty() ? "" : ", ") + count(warnings(), "warning");
  return out + source.path() + ": " + counts + "\n";
}

std::string suggest(std::string_view word, const std::vector<std::string> &candidates) {
  std::string help;
  const auto nearest = std::min_element(candidates.begin(), candidates.end(),
                                        [&](const std::string &a, const std::string &b) {
                                          return distance(word, a) < distance(word, b);
                                        });
  if (nearest != candidates.end() &&
      distance(word, *nearest) <= std::max<std::size_t>(1, nearest->size() / 3)) {
    help = fmt::format("did you mean \"{}\"? ", *nearest);
  }
  if (candidates.empty()) return help + "none is known here";
  return help + fmt::format("known here: {}", fmt::join(candidates, ", "));
}

}  // namespace tenancy::policy
