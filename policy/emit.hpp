// The plan as one SQL script: one transaction, the same bytes for the same input, safe to apply
// again, run by any client. Every name is qualified and goes through core/ident.
//
//   emit_prerequisites  what must be true of the database, checked first
//   emit_directory      the function that says who belongs to which tenant
//   emit_relations      the functions that answer exists(relation)
//   emit_tables         grants, row level security, floors, policies
//   emit_objects        views, functions and sequences that an API context may use
//   emit                the rest, and the order
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/plan.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

std::string emit(const Plan &plan, const Source &source);

// The parts, each ending with a line end.
std::string emit_prerequisites(const Plan &plan);
std::string emit_directory(const Plan &plan, const Source &source);
// Nothing if no rule asks for a relation. REQUIRES: no policy of an earlier version is left that
// uses one.
std::string emit_relations(const Plan &plan, const Source &source);
std::string emit_objects(const Plan &plan, const Source &source);
std::string emit_table(const TablePlan &table, const Plan &plan, const Source &source);

// What a live database is held against, without the rest of the script.
struct PolicyStatement {
  std::string name;  // of the policy
  std::string sql;   // one CREATE POLICY
};
// The policies of a table, made on `relation` (SQL) in its place.
std::vector<PolicyStatement> emit_policies(const TablePlan &table, const Plan &plan,
                                           const Source &source, const std::string &relation);
// The directory function's name and arguments, and its body as pg_proc.prosrc has it.
std::string directory_signature(const Model &model);
std::string directory_body(const Model &model);

// By which tenancy.policy knows the file: its SHA-256.
std::string policy_hash(const Source &source);
// `saas_app`: the PostgreSQL role of an API context.
std::string context_role(const Model &model, ApiContext context);
// Both of them: `saas_app, saas_dashboard`.
std::string context_roles(const Model &model);
// What the comments on the functions of its relations begin with, by which they are known.
std::string relation_comment(const Model &model);
// `public.documents`.
std::string qualified(const TableName &table);
// `tenancy.yaml:42` or `tenancy.yaml:42, 43, billing.yaml:7` for places in the source; fit for a
// comment whatever the file is called.
std::string reference(const Source &source, const std::vector<std::size_t> &places);
// `(a, b)` and `array['a', 'b']`.
std::string column_list(const std::vector<std::string> &columns);
std::string text_array(const std::vector<std::string> &values);
// The text between dollar quotes of that name, or of one like it that the text does not hold.
std::string dollar_quote(std::string_view name, std::string_view text);
// Rows of VALUES, one a line at the given indentation, their columns aligned.
std::string values_rows(const std::vector<std::vector<std::string>> &rows, std::size_t indent);

}  // namespace tenancy::policy
