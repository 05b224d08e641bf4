#include "policy/compile.hpp"

#include "policy/check.hpp"
#include "policy/emit.hpp"
#include "policy/lower.hpp"
#include "policy/parse.hpp"
#include "policy/yaml.hpp"

namespace tenancy::policy {

std::optional<Model> analyze(const Source &source, Diagnostics &diagnostics, const Schema *schema) {
  const std::optional<Node> root = read_yaml(source, diagnostics);
  if (!root) return std::nullopt;
  const ast::File file = parse(source, *root, diagnostics);
  return check(source, file, schema, diagnostics);
}

std::optional<std::string> compile(const Source &source, Diagnostics &diagnostics,
                                   const Schema *schema) {
  const std::optional<Model> model = analyze(source, diagnostics, schema);
  if (!model) return std::nullopt;
  return emit(lower(*model), source);
}

}  // namespace tenancy::policy
