#include <fmt/format.h>

#include "core/ident.hpp"
#include "policy/emit.hpp"

namespace tenancy::policy {

namespace {

struct Filter {
  const std::optional<Condition> &condition;
  std::string_view alias;
};

// `where` and `and` of the filters that are there, each on a line of its own; nothing if none is.
// first: the word to begin with.
std::string filter(std::string_view first, const std::vector<Filter> &filters, const Model &model) {
  std::string out;
  for (const auto &[condition, alias] : filters) {
    if (!condition) continue;
    const bool compound = condition->kind == Condition::Kind::disjunction;
    const std::string text = print(*condition, model, alias);
    const std::string_view word = out.empty() ? first : "  and";
    out += fmt::format("\n     {} {}", word, compound ? "(" + text + ")" : text);
  }
  return out;
}

std::string stored_roles(const Membership &membership) {
  std::vector<std::vector<std::string>> rows;
  for (const auto &[value, role] : membership.values) {
    rows.push_back({quote_literal(value), quote_literal(role)});
  }
  return values_rows(rows, 12);
}

std::string inclusions(const Model &model) {
  std::vector<std::vector<std::string>> rows;
  for (const Role &role : model.roles) {
    for (const std::string &held : role.holds) {
      rows.push_back({quote_literal(role.name), quote_literal(held)});
    }
  }
  return values_rows(rows, 4);
}

// A token or login() names a tenant by the claim's column; the extension's also by the key.
std::string claimed(const Model &model, const Level &level, std::string_view alias,
                    const std::string &argument) {
  const auto column = [&](const std::string &name) {
    return fmt::format("{}.{}::text", alias, quote_identifier(name));
  };
  if (model.directory == Directory::own) return column(level.claim) + " = " + argument;
  return fmt::format("{} in ({}, {})", argument, column(level.claim), column(level.key));
}

struct IssuerParts {
  std::string matches;    // of a user, in a where clause
  std::string admitting;  // a common table expression
  std::string candidate;  // what it asks of an account
  std::string verdict;
};

// Without a column for it, a subject is the same user whoever issued the token. That is safe if the
// issuer is the account's own, or the only one of this application that is no account's: two such
// could both know a subject of that name.
IssuerParts any_of_account(const Model &model, const std::string &name) {
  IssuerParts parts;
  parts.admitting = fmt::format(R"(-- The issuer, if its subjects are one person each here.
admitting as (
    select i.account
      from tenancy.issuer i
     where i.issuer = {0}.issuer
       and (i.account is not null
            or not exists (select
                             from tenancy.issuer other
                             join tenancy.pool p on p.issuer = other.issuer
                            where p.application = {1}
                              and other.account is null
                              and other.issuer <> i.issuer))
),
)",
                                name, quote_literal(model.application));
  parts.candidate = fmt::format(
      "\n       and exists (select from admitting i\n"
      "                    where i.account is null or i.account = a.{}::text)",
      quote_identifier(model.account.key));
  parts.verdict = "\n               when not exists (select from admitting) then 'foreign_issuer'";
  return parts;
}

IssuerParts issuer_parts(const Model &model, const std::string &name) {
  if (model.user.issuer.empty()) return any_of_account(model, name);
  return {fmt::format("u.{} = {}.issuer\n       and ", quote_identifier(model.user.issuer), name),
          "", "", ""};
}

// What of the extension the function reads, with its owner's rights.
std::string read_by(const Model &model) {
  if (model.directory == Directory::extension) {
    return "tenancy.account, tenancy.workspace, tenancy.app_user, tenancy.membership";
  }
  return model.user.issuer.empty() ? "tenancy.issuer, tenancy.pool" : "";
}

}  // namespace

std::string directory_body(const Model &m) {
  const auto q = [](const std::string &name) { return quote_identifier(name); };
  const std::string name = m.directory_function.name;
  const IssuerParts issuer = issuer_parts(m, name);
  const std::string verdict_issuer =
      issuer.matches.empty()
          ? ""
          : fmt::format("u.{} = {}.issuer\n                                   and ",
                        q(m.user.issuer), name);
  return fmt::format(
      R"(
#variable_conflict use_column
begin
with
-- Each role, and what it holds: itself and all that it includes.
inclusion (role, holds) as (values
{inclusions}
),
-- The one active user with this issuer and subject.
person as (
    select (array_agg(u.{user_key}))[1] as id
      from {users} u
     where {issuer}u.{subject} = {name}.subject{user_active}
    having count(*) = 1
),
-- What he is in active accounts, and in active workspaces of them.
account_role as (
    select a.{account_key} as account, stored.role
      from person p
      join {account_members} m on m.{am_user} = p.id
      join {accounts} a on a.{account_key} = m.{am_of}
      join (values
{am_values}
           ) as stored (value, role) on stored.value = m.{am_role}::text{am_filter}
),
workspace_role as (
    select a.{account_key} as account, w.{workspace_key} as workspace, stored.role
      from person p
      join {workspace_members} m on m.{wm_user} = p.id
      join {workspaces} w on w.{workspace_key} = m.{wm_of}
      join {accounts} a on a.{account_key} = w.{workspace_account}
      join (values
{wm_values}
           ) as stored (value, role) on stored.value = m.{wm_role}::text{wm_filter}
),
{admitting}-- The account: the one asked for, or the only one.
candidate as (
    select a.{account_key} as id
      from {accounts} a
     where a.{account_key} in (select r.account from account_role r
                    union select r.account from workspace_role r)
       and ({name}.account is null or {account_claim}){issuer_candidate}
),
chosen_account as (
    select (array_agg(c.id))[1] as id from candidate c having count(*) = 1
),
-- The workspace: the one asked for, or the only one, of those that are open to him: by a role in
-- it, or by a role in the account that holds workspace roles.
open_workspace as (
    select w.{workspace_key} as id
      from {workspaces} w
      join chosen_account c on c.id = w.{workspace_account}
     where (w.{workspace_key} in (select r.workspace from workspace_role r)
            or exists (select
                         from account_role r
                         join inclusion i on i.role = r.role
                        where r.account = c.id and starts_with(i.holds, 'workspace.')))
       and ({name}.workspace is null or {workspace_claim}){workspace_active}
),
chosen_workspace as (
    select (array_agg(o.id))[1] as id from open_workspace o having count(*) = 1
),
-- His roles there. Without a workspace, workspace roles do not count.
held as (
    select i.holds collate "C" as role
      from account_role r
      join chosen_account c on c.id = r.account
      join inclusion i on i.role = r.role
     where starts_with(i.holds, 'account.') or exists (select from chosen_workspace)
    union
    select i.holds
      from workspace_role r
      join chosen_workspace c on c.id = r.workspace
      join inclusion i on i.role = r.role
),
verdict as (
    select case
               when not exists (select
                                  from {users} u
                                 where {verdict_issuer}u.{subject} = {name}.subject) then 'unknown_subject'
               when not exists (select from person) then 'inactive_user'{issuer_verdict}
               when not exists (select from candidate) then 'not_a_member'
               when not exists (select from chosen_account) then 'ambiguous_account'
               when {name}.workspace is not null
                    and not exists (select from chosen_workspace) then 'not_a_member'
           end as why_not
)
select a.id::text,
       w.id::text,
       p.id::text,
       case when v.why_not is null then array(select h.role from held h order by h.role) end,
       v.why_not
  into account_key, workspace_key, user_key, roles, why_not
  from verdict v
  left join chosen_account a on v.why_not is null
  left join chosen_workspace w on v.why_not is null
  left join person p on v.why_not is null;
end
)",
      fmt::arg("name", name), fmt::arg("inclusions", inclusions(m)),
      fmt::arg("user_key", q(m.user.key)), fmt::arg("users", qualified(m.user.table)),
      fmt::arg("issuer", issuer.matches), fmt::arg("verdict_issuer", verdict_issuer),
      fmt::arg("admitting", issuer.admitting), fmt::arg("issuer_candidate", issuer.candidate),
      fmt::arg("issuer_verdict", issuer.verdict), fmt::arg("subject", q(m.user.subject)),
      fmt::arg("user_active", filter("  and", {{m.user.active, "u"}}, m)),
      fmt::arg("account_key", q(m.account.key)),
      fmt::arg("account_members", qualified(m.account_membership.table)),
      fmt::arg("am_user", q(m.account_membership.user)),
      fmt::arg("accounts", qualified(m.account.table)),
      fmt::arg("am_of", q(m.account_membership.of)),
      fmt::arg("am_values", stored_roles(m.account_membership)),
      fmt::arg("am_role", q(m.account_membership.role)),
      fmt::arg("am_filter",
               filter("where", {{m.account.active, "a"}, {m.account_membership.active, "m"}}, m)),
      fmt::arg("workspace_key", q(m.workspace.key)),
      fmt::arg("workspace_members", qualified(m.workspace_membership.table)),
      fmt::arg("wm_user", q(m.workspace_membership.user)),
      fmt::arg("workspaces", qualified(m.workspace.table)),
      fmt::arg("wm_of", q(m.workspace_membership.of)),
      fmt::arg("workspace_account", q(m.workspace.account)),
      fmt::arg("wm_values", stored_roles(m.workspace_membership)),
      fmt::arg("wm_role", q(m.workspace_membership.role)),
      fmt::arg("workspace_active", filter("  and", {{m.workspace.active, "w"}}, m)),
      fmt::arg("wm_filter", filter("where",
                                   {{m.account.active, "a"},
                                    {m.workspace.active, "w"},
                                    {m.workspace_membership.active, "m"}},
                                   m)),
      fmt::arg("account_claim", claimed(m, m.account, "a", name + ".account")),
      fmt::arg("workspace_claim", claimed(m, m.workspace, "w", name + ".workspace")));
}

std::string directory_signature(const Model &model) {
  return qualified(model.directory_function) + "(text, text, text, text)";
}

std::string emit_directory(const Plan &plan, const Source &source) {
  const Model &m = *plan.model;
  const std::string function = qualified(m.directory_function);
  const std::string tables = read_by(m);
  const std::string may_read =
      tables.empty() ? ""
                     : fmt::format(
                           "\n    -- At login it would be too late to find this refused.\n"
                           "    perform from {} limit 0;",
                           tables);
  const std::string grants = fmt::format(R"(
declare
    held record;
begin
    for held in
        select p.oid::regprocedure as function,
               case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
                   as grantee
          from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
         where p.oid = {}::regprocedure and a.grantee <> p.proowner
    loop
        execute format('revoke all on function %s from %s cascade', held.function, held.grantee);
    end loop;{}
end
)",
                                         quote_literal(directory_signature(m)), may_read);
  return fmt::format(R"(-- {0}
create or replace function {2}(
    issuer text, subject text, account text, workspace text,
    out account_key text, out workspace_key text, out user_key text,
    out roles text[], out why_not text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- planned once for each session, not for each login
as {1};

-- Replacing a function keeps its owner, who could change it later, and what others were granted.
alter function {2}(text, text, text, text) owner to current_user;
do {3};
)",
                     reference(source, {m.account.at, m.workspace.at, m.user.at,
                                        m.account_membership.at, m.workspace_membership.at}),
                     dollar_quote("directory", directory_body(m)), function,
                     dollar_quote("grants", grants));
}

}  // namespace tenancy::policy
