// Resolves names, refuses what contradicts itself or could not be held, writes out defaults.
//
//   check_hierarchy  tables, keys, tenant columns, memberships
//   check_roles      levels, includes, what each role holds
//   check_tables     scopes, parents, tenant columns
//   check_rules      roles, columns, rows
//   check_relations  what links two tables, and whose rules may ask for it
//   check_schema     against the tables that there are
//   check_objects    views, functions, sequences, roles outside
//   check_conditions  types, nulls, what is always or never true
//   check_power      rules by which users write who they are, or which tenant is open
//   check_covered    warnings: rules that give nothing beside others, or more than each alone
//   check_tests      fixtures, and what tests expect of them
//   check_sense      warnings: what is allowed but hardly meant
#pragma once

#include <map>
#include <optional>
#include <string>

#include "policy/ast.hpp"
#include "policy/diagnostic.hpp"
#include "policy/model.hpp"
#include "policy/schema.hpp"

namespace tenancy::policy {

// The model, or nothing if anything in the file was refused, here or before. schema: null where it
// is not known; then the file alone is judged.
std::optional<Model> check(const Source &source, const ast::File &file, const Schema *schema,
                           Diagnostics &diagnostics);

// What a removal needs of the model: the application, and as far as they are right, the hierarchy
// and the tables, without what their rules give. REQUIRES: no error before.
Model check_names(const Source &source, const ast::File &file, const Schema *schema);

// The steps. Each fills its part of the model as far as it can and reports the rest.
void check_roles(const Source &source, const ast::File &file, Model &model,
                 Diagnostics &diagnostics);
void check_hierarchy(const ast::File &file, const Schema *schema, Model &model,
                     Diagnostics &diagnostics);
// Gives the tables of the schema, unless it is null, the tenant columns that prepare will add.
void check_tables(const Source &source, const ast::File &file, Schema *schema, Model &model,
                  Diagnostics &diagnostics);
// The rules of one table whose tenant columns are known; key: its key columns. there: the table
// itself, or null.
void check_rules(const Source &source, const ast::Table &written, std::vector<std::string> key,
                 const SchemaTable *there, Model &model, Table &table, Diagnostics &diagnostics);
// Names of the hierarchy and of tables that are not there; then warnings of what lets tenants learn
// of each other, or keeps a floor from holding. REQUIRES: no error so far.
void check_schema(const ast::File &file, const Schema &schema, const Model &model,
                  Diagnostics &diagnostics);
// REQUIRES: check_tables() ran.
void check_relations(const ast::File &file, Model &model, Diagnostics &diagnostics);
void check_objects(const Source &source, const ast::File &file, const Schema *schema, Model &model,
                   Diagnostics &diagnostics);
// REQUIRES: check_hierarchy() and check_relations() ran. Types are checked if there is a schema.
void check_conditions(const ast::File &file, const Model &model, const Schema *schema,
                      Diagnostics &diagnostics);
// REQUIRES: check_tables() ran.
void check_power(const ast::File &file, const Model &model, Diagnostics &diagnostics);
void check_tests(const Source &source, const ast::File &file, Model &model,
                 Diagnostics &diagnostics);
// REQUIRES: no error so far.
void check_covered(const Source &source, const ast::File &file, const Model &model,
                   Diagnostics &diagnostics);
void check_sense(const ast::File &file, const Model &model, Diagnostics &diagnostics);

// `schema.name` or `name`, which is in schema public.
TableName resolve_table(const ast::Name &name);

}  // namespace tenancy::policy
