#include "policy/live/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "policy/live/inspection.hpp"
#include "policy/script.hpp"

namespace tenancy::policy {

namespace {

constexpr Severity error = Severity::error;
constexpr Severity warning = Severity::warning;

// docs/applying.md has this table too; tests/lint holds the two together.
// clang-format off
constexpr Check all_checks[] = {
  {"not-applied", error, "the file, as it is now, is not what was applied last"},
  {"table-missing", error, "a table or view of the policy is not there"},
  {"row-security-off", error, "row level security is off on a table of the policy, or a partition of it"},
  {"row-security-not-forced", error, "row level security does not bind the table's owner"},
  {"floor-missing", error, "a context role has no floor on a table"},
  {"floor-altered", error, "a floor is not the compiled one"},
  {"policy-missing", error, "a compiled policy is not there"},
  {"policy-altered", error, "a policy is not the compiled one"},
  {"policy-to-public", error, "a permissive policy of somebody else's is for every role"},
  {"undeclared-policy", error, "a policy of somebody else's is on a table of the policy"},
  {"default-altered", error, "a tenant column is not filled in by the session"},
  {"directory-altered", error, "the directory function is not the compiled one, or not the one that login asks"},
  {"relation-altered", error, "the function of a relation is not the compiled one"},
  {"rules-altered", error, "tenancy.rule or tenancy.managed_table is not what the file says of a table"},
  {"column-trigger", error, "the trigger that judges written columns (`columns: orm`) is not there, or disabled"},
  {"undeclared-table", error, "an API role can reach a table that the file does not have"},
  {"undeclared-grant", error, "somebody has a privilege that the file does not give"},
  {"wider-grant", error, "a context role has a privilege on more columns than the file gives"},
  {"excess-privilege", error, "TRUNCATE, REFERENCES, TRIGGER or MAINTAIN, or a privilege that may be passed on"},
  {"missing-grant", error, "a context role lacks a privilege that the file gives"},
  {"partition-reachable", error, "a partition or inheritance child can be named directly, past the table's policies"},
  {"context-role", error, "a context role is not there, or has attributes, memberships or objects"},
  {"bypass-reachable", error, "a pool can become a superuser or a role with BYPASSRLS"},
  {"owner-reachable", error, "a pool can become the owner of what protects it"},
  {"unique-without-tenant", error, "a key that tenants write spans all tenants: a conflict tells of another's row"},
  {"foreign-key-without-tenant", error, "a foreign key can link one tenant's row to another's"},
  {"cascade-across-tenants", error, "an API role's delete or update of a shared row runs on into tenants' rows"},
  {"definer-view", error, "a view reads tables of the policy with its owner's rights"},
  {"materialized-view", error, "a materialized view holds rows of all tenants"},
  {"rule", error, "a rule rewrites statements on a table of the policy, with its owner's rights"},
  {"definer-function", error, "an API role can call a SECURITY DEFINER function that the file does not declare"},
  {"definer-trigger", warning, "a trigger on a table of the policy calls a SECURITY DEFINER function"},
  {"publication", error, "a publication sends all tenants' rows, without a row filter"},
};
// clang-format on

// Of a check that is not in the list, a pool's, the end of it.
std::size_t rank(std::string_view check) {
  const auto found = std::find_if(std::begin(all_checks), std::end(all_checks),
                                  [&](const Check &each) { return each.name == check; });
  return static_cast<std::size_t>(found - std::begin(all_checks));
}

// Whether anything of the policy was ever applied, and says so if it was another file.
bool find_applied(Inspection &inspection) {
  const std::string &application = inspection.plan.model->application;
  if (!inspection.may("select has_table_privilege('tenancy.policy', 'select')")) {
    inspection.not_seen(
        "whether the file was applied as it is: tenancy.policy needs tenancy_auditor");
    return true;
  }
  const Rows applied = inspection.database.query(
      R"(select p.hash, to_char(p.applied_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), p.applied_by
  from tenancy.policy p
 where p.application = $1
 order by p.id desc
 limit 1)",
      {application});
  if (applied.size() == 0) {
    inspection.find("not-applied", application,
                    "nothing of this application was ever applied here; nothing else was looked at",
                    inspection.apply());
    return false;
  }
  if (applied.at(0, 0) != hash_of(inspection.source.record())) {
    inspection.find("not-applied", application,
                    fmt::format("another text than this file's was applied last, at {} UTC by {}",
                                applied.at(0, 1), applied.at(0, 2)),
                    inspection.apply());
  }
  return true;
}

}  // namespace

std::span<const Check> checks() {
  return all_checks;
}

bool Findings::failed() const {
  return std::any_of(all.begin(), all.end(),
                     [](const LiveFinding &each) { return each.severity == Severity::error; });
}

Findings find(Database &database, const Plan &plan, const Source &source) {
  // The server prints names with their schemas then, and nobody's objects stand before its own.
  database.execute(
      "set default_transaction_read_only = on; set search_path = pg_catalog, pg_temp;"
      "set lock_timeout = '5s'; set client_min_messages = warning");
  Inspection inspection(database, plan, source);
  if (find_applied(inspection)) {
    find_tables(inspection);
    find_keys(inspection);
    find_policies(inspection);
    find_rules(inspection);
    find_code(inspection);
    find_grants(inspection);
    find_roles(inspection);
    find_pools(inspection);
  }
  Findings findings = std::move(inspection.findings);
  std::sort(findings.all.begin(), findings.all.end(),
            [](const LiveFinding &a, const LiveFinding &b) {
              return std::tuple(rank(a.check), a.check, a.object, a.what) <
                     std::tuple(rank(b.check), b.check, b.object, b.what);
            });
  findings.tables = inspection.tables.size();
  findings.pools = inspection.pool_count;
  return findings;
}

}  // namespace tenancy::policy
