#include <fmt/format.h>

#include <map>

#include "core/json.hpp"
#include "policy/diagnostic_names.hpp"
#include "policy/render.hpp"

namespace tenancy::policy {

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json(out, text);
  return out;
}

// RFC 3986: a path as a relative reference, or with the scheme file if it is absolute.
std::string uri_of(std::string_view path) {
  constexpr std::string_view plain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  std::string out = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool safe = plain.find(c) != plain.npos;
    out += safe ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string render_sarif(const std::vector<Finding> &findings) {
  std::map<std::string, std::size_t> rules;  // the names that occur, and their index
  for (const Finding &finding : findings) rules.emplace(finding.name, 0);
  std::string rule_list;
  std::size_t index = 0;
  for (auto &[name, place] : rules) {
    place = index++;
    const std::string_view meaning = meaning_of(name);
    rule_list += fmt::format(
        R"({}
            {{"id": {}, "shortDescription": {{"text": {}}}}})",
        rule_list.empty() ? "" : ",", quoted(name), quoted(meaning.empty() ? name : meaning));
  }
  std::string results;
  for (const Finding &finding : findings) {
    results += fmt::format(
        R"({}
        {{
          "ruleId": {},
          "ruleIndex": {},
          "level": "{}",
          "message": {{"text": {}}},
          "locations": [{{"physicalLocation": {{
            "artifactLocation": {{"uri": {}}},
            "region": {{"startLine": {}, "startColumn": {}, "endLine": {}, "endColumn": {}}}
          }}}}]
        }})",
        results.empty() ? "" : ",", quoted(finding.name), rules.at(finding.name),
        name_of(finding.severity), quoted(finding.message + "; " + finding.help),
        quoted(uri_of(finding.file)), finding.at.line, finding.at.column, finding.end.line,
        finding.end.column);
  }
  return fmt::format(R"({{
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
  "version": "2.1.0",
  "runs": [
    {{
      "tool": {{
        "driver": {{
          "name": "tenancy",
          "version": {},
          "rules": [{}]
        }}
      }},
      "columnKind": "unicodeCodePoints",
      "results": [{}]
    }}
  ]
}}
)",
                     quoted(TENANCY_VERSION), rule_list, results);
}

}  // namespace tenancy::policy
