#include <pg_query.h>

#include <catch2/catch.hpp>
#include <regex>

#include "policy/emit.hpp"
#include "policy/lower.hpp"
#include "text.hpp"

using namespace tenancy::policy;

namespace {

// Notes and their shares. relation: what stands after `shared:`; rows: of the rule of the notes.
std::string shared(std::string_view relation, std::string_view rows,
                   std::string_view scope = "workspace") {
  return test::replaced(
      test::with_tables("  notes:\n    scope: workspace\n    rules:\n      - { "
                        "role: workspace.viewer, context: [app], read: all, "
                        "rows: \"" +
                        std::string(rows) + "\" }\n  shares:\n    scope: " + std::string(scope) +
                        "\n    rules: []\n"),
      "tables:\n", "relations:\n  shared: " + std::string(relation) + "\ntables:\n");
}

constexpr std::string_view by_note =
    R"({ table: shares, match: "shares.note_id = notes.id and shares.user_id = session.user_id" })";

bool holds(const std::string &text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The clauses of the last policy, on one line.
std::string last_policy(const std::string &sql) {
  const std::size_t at = sql.rfind("create policy demo_app_");
  const std::string statement = sql.substr(at, sql.find(';', at) - at);
  const std::string flat = std::regex_replace(statement, std::regex("\\s+"), " ");
  return std::regex_replace(flat,
                            std::regex("tenancy\\.context_is\\('demo', 'app'\\) and "
                                       "tenancy\\.has_role\\('workspace\\.viewer'\\)"),
                            "R");
}

}  // namespace

TEST_CASE("relation: links, and the rest of its condition", "[relation]") {
  const Model model = test::model_of(shared(by_note, "exists(shared)"));
  REQUIRE(model.relations.size() == 1);
  const Relation &relation = model.relations[0];
  CHECK(relation.table == TableName{"public", "shares"});
  CHECK(relation.base == TableName{"public", "notes"});
  REQUIRE(relation.links.size() == 1);
  CHECK(relation.links[0].column == "note_id");
  CHECK(relation.links[0].base == "id");
  REQUIRE(relation.rows);
  CHECK(print(*relation.rows, model, "r") == "r.user_id = tenancy.user_uuid()");
  CHECK(relation.contexts == std::vector{ApiContext::app});
}

TEST_CASE("relation: one function, pinned to the tenant, for its API contexts", "[relation]") {
  const std::string sql = test::sql_of(shared(by_note, "published or exists(shared)"));
  CHECK(holds(sql,
              "create or replace function public.demo_shared()\n"
              "returns setof public.shares.note_id%type\n"
              "language sql stable parallel safe security definer\n"
              "set search_path = pg_catalog, pg_temp\n"));
  CHECK(holds(sql,
              "select r.note_id\n  from public.shares r\n"
              " where r.account_id = tenancy.account_uuid()\n"
              "   and r.workspace_id = tenancy.workspace_uuid()\n"
              "   and r.user_id = tenancy.user_uuid()\n"
              "   and r.note_id is not null\n"));
  CHECK(holds(sql, "grant execute on function public.demo_shared() to demo_app;\n"));
  CHECK(holds(sql, "(published or id = any (array(select public.demo_shared())))"));
}

TEST_CASE("relation: under not, no match is false, not null", "[relation]") {
  CHECK(holds(test::sql_of(shared(by_note, "not exists(shared)")),
              "not coalesce(id = any (array(select public.demo_shared())), false)"));
  CHECK(holds(test::sql_of(shared(by_note, "not (a and (b or exists(shared)))")),
              "(b or coalesce(id = any (array(select public.demo_shared())), false))"));
}

TEST_CASE("relation: several links are compared together", "[relation]") {
  const std::string sql = test::sql_of(
      shared(R"({ table: shares, match: "notes.book = shares.book and shares.page = notes.page" })",
             "exists(shared)"));
  CHECK(
      holds(sql, "returns table (link_1 public.shares.book%type, link_2 public.shares.page%type)"));
  CHECK(holds(sql, "   and r.book is not null\n   and r.page is not null\n"));
  CHECK(holds(sql, "(book, page) in (select x.link_1, x.link_2 from public.demo_shared() as x)"));
}

TEST_CASE("relation: a table may be related to itself by a second name", "[relation]") {
  const Model model = test::model_of(
      shared(R"({ table: notes, as: part, match: "part.parent_id = notes.id and part.published" })",
             "exists(shared)"));
  CHECK(model.relations[0].table == model.relations[0].base);
  CHECK(model.relations[0].links[0].column == "parent_id");
}

TEST_CASE("relation: its own scope pins it, or the session does", "[relation]") {
  CHECK(holds(test::sql_of(shared(by_note, "exists(shared)", "account")),
              " where r.account_id = tenancy.account_uuid()\n   and r.user_id"));
  CHECK(holds(test::sql_of(shared(by_note, "exists(shared)", "global")),
              " where r.user_id = tenancy.user_uuid()\n"));
  CHECK(
      test::said_about(shared(
          R"y({ table: shares, match: "shares.note_id = notes.id and (shares.user_id = session.user_id or shares.open)" })y",
          "exists(shared)", "global")) ==
      std::vector<std::string>{"relation-of-all-tenants 16:20"});
}

TEST_CASE("relation: a name that is too long to name a function is refused", "[relation]") {
  const std::string name(59, 'x');
  std::string text =
      test::replaced(shared(by_note, "exists(shared)"), "  shared:", "  " + name + ":");
  text = test::replaced(text, "exists(shared)", "exists(" + name + ")");
  CHECK(test::said_about(text) == std::vector<std::string>{"name 16:3"});
}

TEST_CASE("relation: awkward names arrive unharmed", "[relation]") {
  const std::string sql = test::sql_of(test::replaced(test::with_tables(R"y(  App.Notes:
    scope: workspace
    rules:
      - { role: workspace.viewer, context: [app], read: all, rows: "exists(shared)" }
  App.Notes2:
    scope: workspace
    account: "the account"
    rules: []
)y"),
                                                      "tables:\n", R"y(relations:
  shared: { table: App.Notes2, as: order, match: "\"order\".\"select\" = \"App\".\"Notes\".\"Odd Id\" and (\"order\".\"X\" = '$relation$' or \"order\".ok)" }
tables:
)y"));
  CHECK(holds(sql, "returns setof \"App\".\"Notes2\".\"select\"%type"));
  CHECK(holds(sql,
              "as $relation1$\nselect r.\"select\"\n  from \"App\".\"Notes2\" r\n where "
              "r.\"the account\" = tenancy.account_uuid()\n   and r.workspace_id = "
              "tenancy.workspace_uuid()\n   and (r.\"X\" = '$relation$' or r.ok)\n   and "
              "r.\"select\" is not null\n$relation1$;"));
  CHECK(holds(sql, "\"Odd Id\" = any (array(select public.demo_shared()))"));
  PgQueryParseResult parsed = pg_query_parse(sql.c_str());
  CHECK(parsed.error == nullptr);
  pg_query_free_parse_result(parsed);
}

TEST_CASE("new_row: what is written is held to it, what is there to rows", "[new_row]") {
  const auto notes = [](const std::string &rule) {
    return test::with_tables(
        "  notes:\n    scope: workspace\n    rules:\n      - { role: "
        "workspace.viewer, context: [app], read: all }\n      - { role: "
        "workspace.viewer, context: [app], " +
        rule + " }\n");
  };
  const auto policy = [&](const std::string &rule) {
    return last_policy(test::sql_of(notes(rule)));
  };
  const std::string update =
      "create policy demo_app_update on public.notes for update to demo_app ";
  CHECK(policy(R"(update: [state], rows: "a", new_row: "b")") ==
        update + "using (R and a) with check (R and b)");
  CHECK(policy(R"(update: [state], rows: "a", new_row: all)") ==
        update + "using (R and a) with check (R)");
  CHECK(policy(R"(update: [state], new_row: "b")") == update + "using (R) with check (R and b)");
  CHECK(policy(R"(update: [state], rows: "a")") == update + "using (R and a) with check (R and a)");
  const std::string insert =
      "create policy demo_app_insert on public.notes for insert to demo_app ";
  CHECK(policy(R"(insert: [state], new_row: "b")") == insert + "with check (R and b)");
  CHECK(policy(R"(insert: [state], rows: "b")") == insert + "with check (R and b)");
}

TEST_CASE("new_row: a rule that asks less of the new row is not covered", "[new_row]") {
  const auto branches = [](const std::string &first, const std::string &second) {
    const Model model = test::model_of(
        test::with_tables("  notes:\n    scope: workspace\n    rules:\n"
                          "      - { role: workspace.viewer, context: [app], read: all }\n"
                          "      - { role: workspace.viewer, context: [app], update: [a]" +
                          first +
                          " }\n"
                          "      - { role: workspace.editor, context: [app], update: [a]" +
                          second + " }\n"));
    return lower(model).tables[0].policies.back().branches.size();
  };
  CHECK(branches(R"(, rows: "x", new_row: "y")", R"(, rows: "x", new_row: "y")") == 1);
  CHECK(branches(R"(, rows: "x", new_row: "y")", R"(, rows: "x", new_row: "z")") == 2);
  CHECK(branches(R"(, new_row: "y")", R"(, new_row: "y")") == 1);
  CHECK(branches(R"(, new_row: "y")", "") == 2);
  CHECK(branches("", R"(, new_row: "y")") == 1);
}
