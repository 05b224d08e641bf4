#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "core/ident.hpp"
#include "policy/check.hpp"
#include "policy/signature.hpp"

namespace tenancy::policy {

namespace {

class ObjectChecker {
 public:
  ObjectChecker(const Source &source, const ast::File &file, const Schema *schema, Model &model,
                Diagnostics &diagnostics)
      : source_(source), file_(file), schema_(schema), model_(model), diagnostics_(diagnostics) {}

  void fill() {
    for (const ast::Table &table : file_.tables) {
      const TableName name = resolve_table(table.name);
      relations_.emplace(name, table.name.span.begin);
      refuse_extension(name.schema, table.name);
    }
    for (const ast::View &view : file_.views) {
      const TableName name = resolve_table(view.name);
      if (!declare(name, view.name)) continue;
      if (schema_ != nullptr) find(view, name);
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
      if (schema_ != nullptr) find(sequence, name);
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
    if (schema_ != nullptr) find(written, *signature);
    model_.functions.push_back({std::move(signature->name), std::move(signature->arguments),
                                contexts(written.contexts),
                                written.definer ? written.definer->text : "", at});
  }

  // Names as they are written: those of schema public without it.
  template <class Object>
  static std::vector<std::string> names_in(const std::vector<Object> &objects,
                                           const std::string &schema) {
    std::vector<std::string> names;
    for (const Object &each : objects) {
      if (each.name.schema != schema) continue;
      names.push_back(schema == "public" ? each.name.name : schema + '.' + each.name.name);
    }
    return names;
  }

  void find(const ast::View &written, const TableName &name) {
    const SchemaView *view = schema_->find_view(name);
    if (view == nullptr) {
      const bool table = schema_->find_table(name) != nullptr;
      diagnostics_.error("unknown-view",
                         table ? fmt::format("\"{}\" is a table", written.name.text)
                               : fmt::format("there is no view \"{}\"", written.name.text),
                         written.name.span,
                         table ? "list it under \"tables:\""
                               : suggest(written.name.text, names_in(schema_->views, name.schema)));
      return;
    }
    if (view->materialized) {
      diagnostics_.error("definer-view",
                         fmt::format("\"{}\" is materialized: it holds rows of all tenants, which "
                                     "no policy reaches",
                                     written.name.text),
                         written.name.span,
                         "make it a table with tenant columns and rules, or a view");
    } else if (!view->security_invoker) {
      diagnostics_.error(
          "definer-view",
          fmt::format("\"{}\" shows its owner's rows, not the caller's", written.name.text),
          written.name.span,
          fmt::format("alter view {} set (security_invoker = true);",
                      quote_qualified(name.schema, name.name)));
    }
    if (written.read.all) return;
    for (const ast::Name &column : written.read.names) {
      if (view->find_column(column.text) != nullptr) continue;
      std::vector<std::string> names;
      for (const SchemaColumn &each : view->columns) names.push_back(each.name);
      diagnostics_.error(
          "unknown-column",
          fmt::format("view \"{}\" has no column \"{}\"", written.name.text, column.text),
          column.span, suggest(column.text, names));
    }
  }

  void find(const ast::Sequence &written, const TableName &name) {
    if (schema_->find_sequence(name) != nullptr) return;
    diagnostics_.error(
        "unknown-sequence", fmt::format("there is no sequence \"{}\"", written.name.text),
        written.name.span, suggest(written.name.text, names_in(schema_->sequences, name.schema)));
  }

  static std::string text_of(const SchemaFunction &function) {
    return fmt::format("{}{}({})",
                       function.name.schema == "public" ? "" : function.name.schema + '.',
                       function.name.name, fmt::join(function.arguments, ", "));
  }

  void find(const ast::Function &written, const Signature &signature) {
    const SchemaFunction *function = schema_->find_function(signature.name, signature.arguments);
    if (function == nullptr) return miss(written, signature);
    if (function->security_definer && !written.definer) {
      diagnostics_.error(
          "definer-function",
          fmt::format("function \"{}\" acts with its owner's rights", written.signature.text),
          written.signature.span,
          fmt::format("alter function {}({}) security invoker; or say why it is safe: \"definer: "
                      "...\"",
                      quote_qualified(signature.name.schema, signature.name.name),
                      fmt::join(signature.arguments, ", ")));
    }
  }

  // The schema holds no functions of extensions, so one of a name that it does not know may be
  // there.
  void miss(const ast::Function &written, const Signature &signature) {
    const std::string message = fmt::format("there is no function \"{}\"", written.signature.text);
    std::vector<std::string> others;
    for (const SchemaFunction *each : schema_->functions_named(signature.name)) {
      others.push_back(text_of(*each));
    }
    if (!others.empty()) {
      diagnostics_.error(
          "unknown-function", message, written.signature.span,
          fmt::format("there is {}; a type outside of pg_catalog is written with its "
                      "schema",
                      fmt::join(others, ", ")));
      return;
    }
    for (const SchemaFunction &each : schema_->functions) others.push_back(text_of(each));
    diagnostics_.warning("unknown-function", message + ", unless an extension has it",
                         written.signature.span, suggest(written.signature.text, others));
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
  const Schema *schema_;
  Model &model_;
  Diagnostics &diagnostics_;
  std::map<TableName, std::size_t> relations_;
  std::map<Signature, std::size_t> functions_;
  std::map<std::string, std::size_t> outside_;
};

}  // namespace

void check_objects(const Source &source, const ast::File &file, const Schema *schema, Model &model,
                   Diagnostics &diagnostics) {
  ObjectChecker(source, file, schema, model, diagnostics).fill();
}

}  // namespace tenancy::policy
