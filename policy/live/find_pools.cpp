// The rows of tenancy.pool_findings() for the application's pools. What a check has said of the
// same object, in words of the file, is not said again.
#include <algorithm>

#include "policy/live/inspection.hpp"

namespace tenancy::policy {

namespace {

struct Same {
  std::string_view finding;  // of pool_findings()
  std::string_view check;
};

constexpr Same same[] = {
    {"no_row_security", "row-security-off"},
    {"no_row_security", "undeclared-table"},
    {"no_row_security", "partition-reachable"},
    {"no_row_security", "materialized-view"},
    {"row_security_not_forced", "row-security-not-forced"},
    {"row_security_not_forced", "undeclared-table"},
    {"row_security_not_forced", "partition-reachable"},
    {"excess_privilege", "excess-privilege"},
    {"excess_privilege", "undeclared-table"},
    {"excess_privilege", "undeclared-grant"},
    {"excess_privilege", "wider-grant"},
    {"excess_privilege", "partition-reachable"},
    {"excess_privilege", "definer-view"},
    {"excess_privilege", "materialized-view"},
    {"definer_view", "definer-view"},
    {"definer_view", "undeclared-grant"},
    {"definer_function", "definer-function"},
    {"definer_function", "definer-trigger"},
    {"sequence_update", "undeclared-grant"},
    {"superuser", "bypass-reachable"},
    {"bypassrls", "bypass-reachable"},
    {"owns_object", "owner-reachable"},
    {"superuser", "context-role"},
    {"bypassrls", "context-role"},
    {"createrole", "context-role"},
    {"createdb", "context-role"},
    {"replication", "context-role"},
    {"predefined_role", "context-role"},
    {"administrative_role", "context-role"},
    {"admin_option", "context-role"},
    {"owns_object", "context-role"},
};

}  // namespace

void find_pools(Inspection &inspection) {
  if (inspection.pool_count == 0) return;
  constexpr const char *function = "to_regprocedure('tenancy.pool_findings(name)')";
  if (!inspection.may("select coalesce(has_function_privilege(" + std::string(function) +
                      ", 'execute'), false)")) {
    inspection.not_seen("what tenancy.pool_findings() finds: it needs tenancy_auditor");
    return;
  }
  // One thing is found for each pool that it is open to. To a superuser all is: bypass-reachable.
  const Rows rows = inspection.database.query(R"(
select f.finding, f.object, string_agg(f.role::text, ', ' order by f.role) || ': ' || f.detail,
       string_agg(distinct f.remedy, ' ')
  from tenancy.pool_findings() f
  left join pg_roles r on r.rolname = f.role
 where r.rolsuper is not true
   and f.role in (select p.login_role from tenancy.pool p where p.application = $1)
 group by f.finding, f.object, f.detail)",
                                              {inspection.plan.model->application});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string_view finding = rows.at(i, 0);
    const std::string object(rows.at(i, 1));
    // `public.documents (body)` is said of public.documents.
    const std::string whole = object.substr(0, object.find(" ("));
    const bool said = std::any_of(std::begin(same), std::end(same), [&](const Same &each) {
      const std::string check(each.check);
      return each.finding == finding &&
             (inspection.is_covered(check, object) || inspection.is_covered(check, whole));
    });
    // A function that the file lets be SECURITY DEFINER has its reason there.
    const bool declared =
        finding == "definer_function" && inspection.declared.definers.contains(object);
    if (said || declared) continue;
    std::string check = "pool-" + std::string(finding);
    std::replace(check.begin(), check.end(), '_', '-');
    inspection.find(check, object, std::string(rows.at(i, 2)),
                    {Fix::Kind::sql, std::string(rows.at(i, 3))});
  }
}

}  // namespace tenancy::policy
