// What the compiler has to say about a policy file, shown as
//
//   tenancy.yaml:42:17: error[unknown-role]: there is no role "workspace.editr"
//     42 |       - { role: workspace.editr, context: [app], read: all }
//        |                 ^~~~~~~~~~~~~~~
//   help: did you mean "workspace.editor"?
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/source.hpp"

namespace tenancy::policy {

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity;
  std::string name;     // of policy/diagnostic_names.hpp
  std::string message;  // lower case, no full stop
  Span span;
  std::string help;  // what to do; never empty
};

class Diagnostics {
 public:
  void error(std::string name, std::string message, Span span, std::string help);
  void warning(std::string name, std::string message, Span span, std::string help);

  bool failed() const { return errors_ > 0; }  // warnings do not fail
  std::size_t errors() const { return errors_; }
  std::size_t warnings() const { return all_.size() - errors_; }
  const std::vector<Diagnostic> &all() const { return all_; }
  std::vector<Diagnostic> sorted() const;  // in the order of the text

  // For people: all of them, and a line that counts them; empty if there is none. For tools, and
  // for terminals, see policy/render.hpp.
  std::string render(const Source &source) const;

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

// "did you mean "x"? " for the candidate that is nearest to word, or nothing if none is near; then
// "known here: a, b, c" with all of them.
std::string suggest(std::string_view word, const std::vector<std::string> &candidates);

}  // namespace tenancy::policy
