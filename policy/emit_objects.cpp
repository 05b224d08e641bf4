#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/ident.hpp"
#include "policy/emit.hpp"

namespace tenancy::policy {

namespace {

std::string signature_of(const Function &function) {
  return fmt::format("{}({})", qualified(function.name), fmt::join(function.arguments, ", "));
}

std::string roles_of(const Model &model, const std::vector<ApiContext> &contexts) {
  std::vector<std::string> roles;
  for (const ApiContext context : contexts) roles.push_back(context_role(model, context));
  return fmt::format("{}", fmt::join(roles, ", "));
}

// A function granted by an earlier version is in no list of relations.
std::string take_back(const Model &model) {
  std::vector<std::string> roles;
  for (const ApiContext context : api_contexts) roles.push_back(context_role(model, context));
  return "do " +
         dollar_quote("functions",
                      fmt::format(R"(
declare
    held record;
begin
    for held in
        select distinct p.oid::regprocedure as function
          from pg_roles r
          join pg_shdepend d on d.refclassid = 'pg_authid'::regclass and d.refobjid = r.oid
          join pg_proc p on p.oid = d.objid
         where r.rolname = any ({})
           and d.dbid = (select oid from pg_database where datname = current_database())
           and d.classid = 'pg_proc'::regclass
           and d.deptype = 'a'
           and not starts_with(coalesce(obj_description(p.oid, 'pg_proc'), ''), {})
    loop
        execute format('revoke all on routine %s from {}', held.function);
    end loop;
end
)",
                                  text_array(roles), quote_literal(relation_comment(model)),
                                  context_roles(model))) +
         ";\n";
}

// PUBLIC's privileges, which are revoked, for the day when the policy is removed.
std::string remember(const Model &model) {
  std::vector<std::vector<std::string>> rows;
  for (const View &view : model.views) {
    const std::string name = qualified(view.name);
    rows.push_back({quote_literal("table " + name), quote_literal(name), "null"});
  }
  for (const Function &function : model.functions) {
    const std::string name = signature_of(function);
    rows.push_back({quote_literal("function " + name), "null", quote_literal(name)});
  }
  for (const Sequence &sequence : model.sequences) {
    const std::string name = qualified(sequence.name);
    rows.push_back({quote_literal("sequence " + name), quote_literal(name), "null"});
  }
  return fmt::format(R"(with had as (
    select jsonb_object_agg(o.name, (select coalesce(jsonb_agg(lower(x.privilege_type)), '[]')
                                       from aclexplode(coalesce(c.relacl, p.proacl,
                                                acldefault(case when p.oid is not null then 'f'
                                                                when c.relkind = 'S' then 's'
                                                                else 'r' end::"char",
                                                           coalesce(c.relowner, p.proowner)))) x
                                      where x.grantee = 0)) as objects
      from (values
{0}
      ) as o (name, relation, function)
      left join pg_class c on c.oid = to_regclass(o.relation)
      left join pg_proc p on p.oid = to_regprocedure(o.function)
)
update tenancy.application a
   set before = had.objects || coalesce(a.before, '{{}}')
  from had
 where a.name = {1}
   and a.before is distinct from had.objects || coalesce(a.before, '{{}}');
)",
                     values_rows(rows, 8), quote_literal(model.application));
}

}  // namespace

// Views and functions act with their owner's rights unless they say otherwise.
std::string emit_object_prerequisites(const Plan &plan) {
  const Model &model = *plan.model;
  if (model.views.empty() && model.functions.empty() && model.sequences.empty()) return {};
  std::vector<std::vector<std::string>> views;
  std::vector<std::vector<std::string>> functions;
  std::vector<std::vector<std::string>> sequences;
  for (const View &view : model.views) views.push_back({quote_literal(qualified(view.name))});
  for (const Function &function : model.functions) {
    functions.push_back(
        {quote_literal(signature_of(function)), function.definer.empty() ? "false" : "true"});
  }
  if (views.empty()) views.push_back({"null"});
  for (const Sequence &sequence : model.sequences) {
    sequences.push_back({quote_literal(qualified(sequence.name))});
  }
  if (sequences.empty()) sequences.push_back({"null"});
  if (functions.empty()) functions.push_back({"null", "false"});
  return "do " +
         dollar_quote("objects", fmt::format(R"(
declare
    problems text;
    remedies text;
begin
    with problem (what, remedy) as (
        select format('there is no view %s', v.name), null
          from (values
{0}
          ) as v (name)
         where v.name is not null
           and not exists (select from pg_class c
                            where c.oid = to_regclass(v.name) and c.relkind = 'v')
        union all
        select format('view %s shows its owner''s rows, not the caller''s', v.name),
               format('alter view %s set (security_invoker = true);', v.name)
          from (values
{0}
          ) as v (name)
          join pg_class c on c.oid = to_regclass(v.name) and c.relkind = 'v'
         where not coalesce((select o.option_value::boolean
                               from pg_options_to_table(c.reloptions) o
                              where o.option_name = 'security_invoker'), false)
        union all
        select format('there is no function %s', f.signature), null
          from (values
{1}
          ) as f (signature, may_define)
         where f.signature is not null and to_regprocedure(f.signature) is null
        union all
        select format('function %s acts with its owner''s rights', f.signature),
               format('alter function %s security invoker;', f.signature)
          from (values
{1}
          ) as f (signature, may_define)
          join pg_proc p on p.oid = to_regprocedure(f.signature)
         where p.prosecdef and not f.may_define
        union all
        select format('there is no sequence %s', s.name), null
          from (values
{2}
          ) as s (name)
         where s.name is not null
           and not exists (select from pg_class c
                            where c.oid = to_regclass(s.name) and c.relkind = 'S')
    )
    select string_agg(p.what, e'\n'), string_agg(p.remedy, e'\n')
      into problems, remedies
      from problem p;
    if problems is not null then
        raise exception 'the views, functions and sequences of this database do not fit the policy'
            using errcode = 'invalid_object_definition',
                  detail = problems,
                  hint = coalesce(remedies, 'Change the policy file, or the database.');
    end if;
end
)",
                                             values_rows(views, 14), values_rows(functions, 14),
                                             values_rows(sequences, 14))) +
         ";\n";
}

std::string emit_objects(const Plan &plan, const Source &source) {
  const Model &model = *plan.model;
  std::vector<std::string> schemas;  // besides those of the tables
  const auto visit = [&](const TableName &name) {
    const auto has = [&](const std::vector<std::string> &all) {
      return std::find(all.begin(), all.end(), name.schema) != all.end();
    };
    if (!has(plan.schemas) && !has(schemas)) schemas.push_back(name.schema);
  };
  std::string out;
  const auto grant = [&](std::string_view privilege, std::string_view kind, const std::string &name,
                         const std::vector<ApiContext> &contexts, std::size_t at) {
    out += fmt::format("revoke all on {0} {1} from public;\ngrant {2} on {0} {1} to {3};  -- {4}\n",
                       kind, name, privilege, roles_of(model, contexts), reference(source, {at}));
  };
  for (const View &view : model.views) {
    visit(view.name);
    const std::string columns = view.columns ? " " + column_list(*view.columns) : "";
    grant("select" + columns, "table", qualified(view.name), view.contexts, view.at);
  }
  for (const Function &function : model.functions) {
    visit(function.name);
    grant("execute", "function", signature_of(function), function.contexts, function.at);
  }
  for (const Sequence &sequence : model.sequences) {
    visit(sequence.name);
    grant("usage", "sequence", qualified(sequence.name), sequence.contexts, sequence.at);
  }
  std::string first = take_back(model);
  if (out.empty()) return first;
  first += "\n" + remember(model) + "\n";
  if (!schemas.empty()) {
    std::vector<std::string> quoted;
    for (const std::string &schema : schemas) quoted.push_back(quote_identifier(schema));
    first += fmt::format("grant usage on schema {} to {};\n\n", fmt::join(quoted, ", "),
                         context_roles(model));
  }
  return first + out;
}

}  // namespace tenancy::policy
