#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "policy/check.hpp"
#include "policy/signature.hpp"

namespace tenancy::policy {

namespace {

class ObjectChecker {
 public:
  ObjectChecker(const Source &source, const ast::File &file, Model &model, Diagnostics &diagnostics)
      : source_(source), file_(file), model_(model), diagnostics_(diagnostics) {}

  void fill() {
    for (const ast::Table &table : file_.tables) {
      const TableName name = resolve_table(table.name);
      relations_.emplace(name, table.name.span.begin);
      refuse_extension(name.schema, table.name);
    }
    for (const ast::View &view : file_.views) {
      const TableName name = resolve_table(view.name);
      if (!declare(name, view.name)) continue;
      View result{name, contexts(view.contexts), {}, view.name.span.begin};
      if (!view.read.all) {
        result.columns.emplace();
        for (const ast::Name &column : view.read.names) result.columns->push_back(column.text);
      }
      model_.views.push_back(std::move(result));
    }
    for (const ast::Sequence &sequence : file_.sequences) {
      const TableName name = resolve_table(sequence.name);
      if (!declare(name, sequence.name)) continue;
      model_.sequences.push_back({name, contexts(sequence.contexts), sequence.name.span.begin});
    }
    for (const ast::Function &function : file_.functions) this->function(function);
    for (const ast::Outside &outside : file_.outside) this->outside(outside);
  }

 private:
  static std::vector<ApiContext> contexts(const std::vector<ast::Name> &names) {
    std::vector<ApiContext> result;
    for (const ApiContext context : api_contexts) {
      const bool named = std::any_of(names.begin(), names.end(), [&](const ast::Name &name) {
        return name.text == name_of(context);
      });
      if (named) result.push_back(context);
    }
    return result;
  }

  bool refuse_extension(const std::string &schema, const ast::Name &name) {
    if (schema != "tenancy") return false;
    diagnostics_.error(
        "extension-object", fmt::format("\"{}\" is the extension's own", name.text), name.span,
        "remove it: operators and login work with the schema tenancy, tenants never");
    return true;
  }

  void refuse_twice(std::string what, std::size_t first, const ast::Name &name, std::string help) {
    diagnostics_.error(
        "duplicate", std::move(what), name.span,
        fmt::format("the first one is in {}; {}", source_.place(first, name.span.begin), help));
  }

  // Tables, views and sequences share their names.
  bool declare(const TableName &name, const ast::Name &written) {
    if (refuse_extension(name.schema, written)) return false;
    const auto [first, is_new] = relations_.emplace(name, written.span.begin);
    if (!is_new) {
      refuse_twice(fmt::format("\"{}\" is declared twice", name.name), first->second, written,
                   "a table, a view and a sequence cannot share a name");
    }
    return is_new;
  }

  void function(const ast::Function &written) {
    auto signature = parse_signature(written.signature, diagnostics_);
    if (!signature || refuse_extension(signature->name.schema, written.signature)) return;
    const std::size_t at = written.signature.span.begin;
    const auto [first, is_new] = functions_.emplace(*signature, at);
    if (!is_new) {
      return refuse_twice(fmt::format("function \"{}\" is declared twice", written.signature.text),
                          first->second, written.signature,
                          "int and integer are the same type, and names of arguments do not count");
    }
    model_.functions.push_back({std::move(signature->name), std::move(signature->arguments),
                                contexts(written.contexts),
                                written.definer ? written.definer->text : "", at});
  }

  void outside(const ast::Outside &written) {
    const std::size_t at = written.role.span.begin;
    const auto [first, is_new] = outside_.emplace(written.role.text, at);
    if (!is_new) {
      return refuse_twice(fmt::format("role \"{}\" is declared twice", written.role.text),
                          first->second, written.role, "keep one of them");
    }
    for (const ApiContext context : api_contexts) {
      if (written.role.text != fmt::format("{}_{}", model_.application, name_of(context))) continue;
      diagnostics_.error(
          "outside-context",
          fmt::format("\"{}\" is the role of this policy's own context", written.role.text),
          written.role.span, "remove it: what it may do is what the rules say");
      return;
    }
    model_.outside.push_back({written.role.text, written.reason.text, at});
  }

  const Source &source_;
  const ast::File &file_;
  Model &model_;
  Diagnostics &diagnostics_;
  std::map<TableName, std::size_t> relations_;
  std::map<Signature, std::size_t> functions_;
  std::map<std::string, std::size_t> outside_;
};

}  // namespace

void check_objects(const Source &source, const ast::File &file, Model &model,
                   Diagnostics &diagnostics) {
  ObjectChecker(source, file, model, diagnostics).fill();
}

}  // namespace tenancy::policy
