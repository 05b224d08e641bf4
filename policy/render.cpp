#include "policy/render.hpp"

#include <algorithm>
#include <utility>

namespace tenancy::policy {

std::string render(const Diagnostics &diagnostics, const Source &source, Format format,
                   bool colours) {
  switch (format) {
    case Format::json:
      return render_json(findings_of(diagnostics, source));
    case Format::github:
      return render_github(findings_of(diagnostics, source));
    case Format::sarif:
      return render_sarif(findings_of(diagnostics, source));
    case Format::human:
      break;
  }
  return render_human(diagnostics, source, colours);
}

std::vector<Finding> findings_of(const Diagnostics &diagnostics, const Source &source) {
  std::vector<Finding> findings;
  for (const Diagnostic &each : diagnostics.sorted()) {
    // Spans of nodes that were not there are empty; tools want a place that can be shown.
    const std::size_t end =
        std::max(each.span.begin, std::min(each.span.end, source.text().size()));
    findings.push_back({printable(source.path_at(each.span.begin)),
                        source.position(each.span.begin), source.position(end), each.severity,
                        each.name, printable(each.message), printable(each.help)});
  }
  return findings;
}

std::string_view name_of(Severity severity) {
  return severity == Severity::error ? "error" : "warning";
}

std::string printable(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text.substr(at));
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '\t') {
      out += ' ';
    } else if (length == 0 || c < 0x20 || c == 0x7F || is_invisible(text.substr(at, length))) {
      out += '?';
    } else {
      out.append(text.substr(at, length));
    }
    at += std::max<std::size_t>(length, 1);
  }
  return out;
}

}  // namespace tenancy::policy
