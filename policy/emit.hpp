// The plan as statements: the same bytes for the same input, safe to apply again. Every name is
// qualified and goes through core/ident.
//
//   emit_prepare        columns, keys and indexes that the policy needs, beside the application
//   emit_prepare_keys   keys and indexes of them
//   emit_prerequisites  what must be true of the database, checked first
//   emit_directory      the function that says who belongs to which tenant
//   emit_relations      the functions that answer exists(relation)
//   emit_tables         row level security, floors, policies, grants
//   emit_objects        views, functions and sequences that an API context may use
//   emit_take_back      what an earlier version of the policy gave; partitions; sequences
//   emit_record         what was there before, rules, what was applied
//   emit_remove         all of it taken off again
//   emit                roles, and the order
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/plan.hpp"
#include "policy/schema.hpp"
#include "policy/script.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

// schema: null where it is not known; then what is there is asked when the script is run.
Script emit(const Plan &plan, const Source &source, const Schema *schema = nullptr,
            Form form = Form::script);
// Takes the policy off again. model: as check_names() gives it. tables: those that an application
// manages, for Form::steps.
Script emit_remove(const Model &model, const Source &source, Form form = Form::script,
                   const std::vector<TableName> &tables = {});

// The statements of prepare, and what they leave to a person.
void emit_prepare(const Plan &plan, const Source &source, const Schema *schema, Script &script);
// What prepare made and a removal leaves, with the statements that would drop it.
std::vector<std::string> structure_remarks(const Model &model);

// The parts, each ending with a line end.
std::string emit_prerequisites(const Plan &plan);
std::string emit_object_prerequisites(const Plan &plan);  // empty: there are no such objects
std::string emit_directory(const Plan &plan, const Source &source);
// Nothing if no rule asks for a relation. REQUIRES: no policy of an earlier version is left that
// uses one whose columns have other types now, or emit_set_aside().
std::string emit_relations(const Plan &plan, const Source &source);
std::string emit_objects(const Plan &plan, const Source &source);

struct EmittedTable {
  std::string sql;       // with notes
  std::string comments;  // COMMENT ON its policies and triggers
};
EmittedTable emit_table(const TablePlan &table, const Plan &plan, const Source &source);

// Which relations a part is about.
enum class Among { these, others };
using Tables = std::vector<const TablePlan *>;
// Drops policies and column triggers, of others than these also the grants. Nothing is left that
// an earlier version of the policy gave.
std::string emit_take_back(const Plan &plan, const Tables &tables, Among among);
// Row level security, floors and no grants on partitions; tables without any are passed over.
std::string emit_partitions(const Plan &plan, const Tables &tables);
std::string emit_sequences(const Plan &plan);
// Functions of relations that no rule asks for any more.
std::string emit_drop_relations(const Plan &plan);
// A query for the functions (oid, named: by a relation) that are not those of the policy's
// relations, or return other types than their columns have.
std::string query_unfit_relations(const Plan &plan);
// Moves them out of the way: policies use them until their table is applied, and then
// emit_drop_relations() drops them.
std::string emit_set_aside(const Plan &plan);

// What was there before goes into tenancy.managed_table, once, with the hash of what is applied.
std::string emit_managed(const Plan &plan, const Tables &tables,
                         const std::vector<std::string> &hashes);
std::string emit_rules(const Plan &plan, const Tables &tables);
// What is there now, by which the next run sees that nothing is to be done.
std::string emit_state(const Plan &plan, const Tables &tables);
std::string emit_application(const Plan &plan);
std::string emit_record(const Plan &plan, const Source &source, std::string_view frame_hash);
// Gives back what a table was before; where: a condition on the row `m` of tenancy.managed_table.
std::string emit_restore(std::string_view application, std::string_view where);

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
// The body of a relation's function, likewise.
std::string relation_body(const Relation &relation, const Plan &plan);

// `saas_app`: the PostgreSQL role of an API context.
std::string context_role(const Model &model, ApiContext context);
// Both of them: `saas_app, saas_dashboard`, and as an SQL array.
std::string context_roles(const Model &model);
std::string context_role_array(const Model &model);
// What the comments on the functions of its relations begin with, by which they are known.
std::string relation_comment(const Model &model);
// What the policies and the triggers of an application are called, as regular expressions.
std::string policy_pattern(const Model &model);
std::string column_trigger_name(const Model &model);
// "rows of a workspace, under public.documents".
std::string scope_of(const Table &table);
// The text of a COMMENT ON what reference() names the source of.
std::string origin_comment(std::string_view reference);
// `public.documents`.
std::string qualified(const TableName &table);
// The name of the source's first file, or of the one that holds the offset.
std::string file_label(const Source &source, std::size_t at = 0);
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
