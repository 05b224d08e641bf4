#include <catch2/catch.hpp>

#include "policy/lower.hpp"
#include "text.hpp"

using namespace tenancy::policy;

namespace {

std::string members(const std::string &scope, const std::string &role = "account.admin") {
  return test::with_tables(
      "  workspace_members:\n    scope: " + scope +
      "\n    key: [workspace_id, user_id]\n    rules:\n      - { role: " + role +
      ", context: [app], read: all, insert: [user_id, role], update: [role], "
      "delete: rows }\n");
}

using Held = std::vector<std::vector<std::string>>;

}  // namespace

TEST_CASE("guard: in a workspace, the roles held there count", "[guard]") {
  const Model model = test::model_of(members("workspace", "workspace.editor"));
  const std::vector<RoleGuard> guards = role_guards(model, model.tables[0]);
  REQUIRE(guards.size() == 1);
  CHECK(guards[0].column == "role");
  REQUIRE(guards[0].values.size() == 2);
  CHECK(guards[0].values[0].stored == "editor");
  CHECK(guards[0].values[0].held == Held{{"workspace.editor"}});
}

TEST_CASE("guard: in a table of all workspaces, only account roles count", "[guard]") {
  const Model model = test::model_of(members("account"));
  const std::vector<RoleGuard> guards = role_guards(model, model.tables[0]);
  REQUIRE(guards.size() == 1);
  CHECK(guards[0].values[1].stored == "viewer");
  CHECK(guards[0].values[1].held == Held{{"account.admin"}});  // an owner is an admin too

  const Model nobody = test::model_of(test::replaced(members("account", "account.owner"),
                                                     "{ includes: [workspace.editor] }", "{}"));
  CHECK(role_guards(nobody, nobody.tables[0])[0].values[0].held == Held{{}});
}

TEST_CASE("guard: one table for both memberships", "[guard]") {
  const auto both = [](const std::string &role) {
    std::string text = test::replaced(members("account"), "  workspace_members:", "  members:");
    text = test::replaced(text,
                          "{ table: account_members, user: user_id, of: account_id, role: role }",
                          "{ table: members, user: user_id, of: account_id, role: role, values: { "
                          "1: admin, 2: owner } }");
    return test::replaced(
        text, "{ table: workspace_members, user: user_id, of: workspace_id, role: role }",
        "{ table: members, user: user_id, of: workspace_id, role: " + role +
            ", values: { 1: viewer } }");
  };
  const Model one = test::model_of(both("role"));
  const std::vector<RoleGuard> guards = role_guards(one, one.tables[0]);
  REQUIRE(guards.size() == 1);
  CHECK(guards[0].values[0].held == Held{{"account.admin"}, {"account.admin"}});
  CHECK(!guards[0].null_gives_nothing);
  const Model two = test::model_of(both("local_role"));
  CHECK(role_guards(two, two.tables[0]).size() == 2);
  CHECK(role_guards(two, two.tables[0])[1].null_gives_nothing);
}

TEST_CASE("guard: every write is guarded, before and after, and no read", "[guard]") {
  const std::string sql = test::sql_of(members("account"));
  const auto clauses = [&](const std::string &command) {
    const std::size_t at = sql.find("create policy demo_app_" + command);
    const std::string statement = sql.substr(at, sql.find(';', at) - at);
    std::size_t count = 0;
    for (std::size_t i = 0; (i = statement.find("and case role::text", i)) != std::string::npos;
         ++i) {
      ++count;
    }
    return count;
  };
  CHECK(clauses("select") == 0);
  CHECK(clauses("insert") == 1);
  CHECK(clauses("update") == 2);
  CHECK(clauses("delete") == 1);
  CHECK(sql.find("\n            when 'viewer' then tenancy.has_role('account.admin')\n"
                 "            else false\n        end") != std::string::npos);
}

TEST_CASE("guard: a membership of an account's workspaces needs the key to them", "[guard]") {
  CHECK(test::sql_of(members("account"))
            .find("'public.workspace_members', array['workspace_id', 'account_id'], "
                  "'public.workspaces', array['id', 'account_id']") != std::string::npos);
}
