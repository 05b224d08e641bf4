#include "policy/diagnostic.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "policy/render.hpp"

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

}  // namespace

void Diagnostics::error(std::string name, std::string message, Span span, std::string help) {
  ++errors_;
  all_.push_back({Severity::error, std::move(name), std::move(message), span, std::move(help)});
}

void Diagnostics::warning(std::string name, std::string message, Span span, std::string help) {
  all_.push_back({Severity::warning, std::move(name), std::move(message), span, std::move(help)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> sorted = all_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Diagnostic &a, const Diagnostic &b) {
    return a.span.begin < b.span.begin;
  });
  return sorted;
}

std::string Diagnostics::render(const Source &source) const {
  return render_human(*this, source, false);
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
