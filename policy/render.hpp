// Diagnostics as text, for people and for tools.
//
//   render_human   file:line:column, the line, a caret
//   render_json    one object, for whatever reads it
//   render_github  workflow commands, which GitHub Actions shows beside the lines of a change
//   render_sarif   SARIF 2.1.0, for code scanning
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

enum class Format { human, json, github, sarif };

// In the order of the text. `colours`: with the escape sequences of terminals, of human alone.
// Empty if there is nothing to say; JSON and SARIF are whole documents even then.
std::string render(const Diagnostics &diagnostics, const Source &source, Format format,
                   bool colours = false);

// What tools are told of one diagnostic. The texts are UTF-8 without control characters.
struct Finding {
  std::string file;  // as the command line named it, or as the first file would include it
  Position at;
  Position end;  // just after it
  Severity severity;
  std::string name;
  std::string message;
  std::string help;
};

std::vector<Finding> findings_of(const Diagnostics &diagnostics, const Source &source);
std::string_view name_of(Severity severity);  // error, warning

std::string render_human(const Diagnostics &diagnostics, const Source &source, bool colours);
std::string render_json(const std::vector<Finding> &findings);
std::string render_github(const std::vector<Finding> &findings);
std::string render_sarif(const std::vector<Finding> &findings);

// Fit for a terminal, one column for each character as counted.
std::string printable(std::string_view text);

}  // namespace tenancy::policy
