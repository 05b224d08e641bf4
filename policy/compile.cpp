#include "policy/compile.hpp"

#include "policy/check.hpp"
#include "policy/emit.hpp"
#include "policy/include.hpp"
#include "policy/lower.hpp"
#include "policy/parse.hpp"

namespace tenancy::policy {

std::optional<Model> analyze(Source &source, Diagnostics &diagnostics, const Schema *schema) {
  const FileTrees trees = read_files(source, diagnostics);
  // Without one of the files, the names that it gives would be reported wherever they are used.
  if (!trees.complete) return std::nullopt;
  const ast::File file = parse(source, trees.roots, diagnostics);
  return check(source, file, schema, diagnostics);
}

std::optional<Script> compile(Source &source, Diagnostics &diagnostics, const Schema *schema,
                              Form form) {
  const std::optional<Model> model = analyze(source, diagnostics, schema);
  if (!model) return std::nullopt;
  return emit(lower(*model), source, schema, form);
}

std::optional<Script> compile_removal(Source &source, Diagnostics &diagnostics,
                                      const Schema *schema, Form form,
                                      const std::vector<TableName> &tables) {
  const FileTrees trees = read_files(source, diagnostics);
  if (!trees.complete) return std::nullopt;
  const ast::File file = parse(source, trees.roots, diagnostics);
  if (diagnostics.failed()) return std::nullopt;
  return emit_remove(check_names(source, file, schema), source, form, tables);
}

}  // namespace tenancy::policy
