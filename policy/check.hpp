// Resolves names, refuses what contradicts itself or could not be held, writes out defaults.
//
//   check_hierarchy  tables, keys, tenant columns, memberships
//   check_roles      levels, includes, what each role holds
//   check_tables     scopes, parents, tenant columns
//   check_rules      roles, columns, rows
//   check_objects    views, functions, sequences, roles outside
//   check_sense      warnings: what is allowed but hardly meant
#pragma once

#include <map>
#include <optional>
#include <string>

#include "policy/ast.hpp"
#include "policy/diagnostic.hpp"
#include "policy/model.hpp"

namespace tenancy::policy {

// The model, or nothing if anything in the file was refused, here or before.
std::optional<Model> check(const Source &source, const ast::File &file, Diagnostics &diagnostics);

// The steps. Each fills its part of the model as far as it can and reports the rest.
void check_roles(const Source &source, const ast::File &file, Model &model,
                 Diagnostics &diagnostics);
void check_hierarchy(const Source &source, const ast::File &file, Model &model,
                     Diagnostics &diagnostics);
void check_tables(const Source &source, const ast::File &file, Model &model,
                  Diagnostics &diagnostics);
// The rules of one table whose tenant columns are known; key: its key columns.
void check_rules(const Source &source, const ast::Table &written, std::vector<std::string> key,
                 Model &model, Table &table, Diagnostics &diagnostics);
void check_objects(const Source &source, const ast::File &file, Model &model,
                   Diagnostics &diagnostics);
// REQUIRES: no error so far.
void check_sense(const ast::File &file, const Model &model, Diagnostics &diagnostics);

// `schema.name` or `name`, which is in schema public.
TableName resolve_table(const ast::Name &name);

}  // namespace tenancy::policy
