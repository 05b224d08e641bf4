#include "policy/check.hpp"

#include <catch2/catch.hpp>

#include "text.hpp"

using namespace tenancy::policy;
using Words = std::vector<std::string>;

namespace {

const Table &table_of(const Model &model, std::string_view name) {
  for (const Table &table : model.tables) {
    if (table.name.name == name) return table;
  }
  throw std::logic_error("no such table");
}

std::string table(std::string_view members) {
  return test::with_tables("  notes:\n" + std::string(members));
}

}  // namespace

TEST_CASE("check: defaults are written out", "[check]") {
  const Model model = test::model_of(std::string(test::small_policy));
  CHECK(model.application == "demo");
  CHECK(model.account.table == TableName{"public", "accounts"});
  CHECK(model.account.column == "account_id");
  CHECK(model.account.claim == "id");
  CHECK(model.account.type == KeyType::uuid);
  CHECK(model.workspace.column == "workspace_id");
  CHECK(model.workspace.account == "account_id");
  CHECK(model.account_membership.values ==
        std::vector<std::pair<std::string, std::string>>{{"owner", "account.owner"},
                                                         {"admin", "account.admin"}});
  const Table &notes = table_of(model, "notes");
  CHECK(notes.account == "account_id");
  CHECK(notes.workspace == "workspace_id");
  REQUIRE(notes.grants.size() == 1);
  CHECK(notes.grants[0].columns == std::nullopt);
  CHECK(model.rules == 1);
}

TEST_CASE("check: a role holds what it includes, at any distance", "[check]") {
  const Model model = test::model_of(std::string(test::small_policy));
  CHECK(model.role("account.owner").holds ==
        Words{"account.owner", "account.admin", "workspace.editor", "workspace.viewer"});
  CHECK(model.role("workspace.viewer").holds == Words{"workspace.viewer"});
}

TEST_CASE("check: the names of the hierarchy reach the tables", "[check]") {
  std::string text(test::small_policy);
  text = test::replaced(text, "{ table: accounts, key: id }",
                        "{ table: app.companies, key: no_, type: bigint, column: company_id, "
                        "claim: slug }");
  text = test::replaced(text, "{ table: workspaces, key: id }",
                        "{ table: app.spaces, key: code, type: text, column: space }");
  text += R"(  app.companies:
    scope: account
    rules: [ { role: account.admin, context: [app], read: all } ]
  app.spaces:
    scope: workspace
    rules: [ { role: workspace.viewer, context: [app], read: all } ]
  legacy:
    scope: workspace
    account: tenant
    workspace: env
    rules: [ { role: workspace.viewer, context: [app], read: all } ]
  account_members:
    scope: account
    key: [account_id, user_id]
    rules: [ { role: account.admin, context: [app], read: all } ]
)";
  const Model model = test::model_of(text);
  CHECK(model.account.claim == "slug");
  CHECK(model.workspace.account == "company_id");
  CHECK(table_of(model, "notes").account == "company_id");
  CHECK(table_of(model, "notes").workspace == "space");
  CHECK(table_of(model, "companies").account == "no_");
  CHECK(table_of(model, "companies").is_account);
  CHECK(table_of(model, "spaces").account == "company_id");
  CHECK(table_of(model, "spaces").workspace == "code");
  CHECK(table_of(model, "legacy").account == "tenant");
  CHECK(table_of(model, "legacy").workspace == "env");
  CHECK(table_of(model, "account_members").account == "account_id");  // membership's `of`
}

TEST_CASE("check: a child takes its parent's scope, whichever comes first", "[check]") {
  const Model model = test::model_of(test::with_tables(R"(  replies:
    scope: { parent: comments, on: [comment_no, note_id] }
    rules: [ { role: workspace.viewer, context: [app], read: all } ]
  comments:
    scope: { parent: notes, on: note_id }
    key: [number, note_id]
    account: tenant
    rules: [ { role: workspace.viewer, context: [app], read: all } ]
  notes:
    scope: workspace
    rules: [ { role: workspace.viewer, context: [app], read: all } ]
)"));
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  CHECK(table_of(model, "comments").parent->columns ==
        Pairs{{"note_id", "id"}, {"tenant", "account_id"}, {"workspace_id", "workspace_id"}});
  CHECK(table_of(model, "replies").parent->columns == Pairs{{"comment_no", "number"},
                                                            {"note_id", "note_id"},
                                                            {"account_id", "tenant"},
                                                            {"workspace_id", "workspace_id"}});
}

TEST_CASE("check: all is what the table lists, less what it hides or fixes", "[check]") {
  const Model model = test::model_of(table(R"(    scope: workspace
    columns: [id, account_id, workspace_id, owner_id, title, body, secret]
    hidden: [secret]
    immutable: [owner_id]
    rules:
      - { role: workspace.editor, context: [app], read: all, insert: all, update: all }
      - { role: workspace.editor, context: [dashboard], read: [all, secret] }
)"));
  const std::vector<Grant> &grants = table_of(model, "notes").grants;
  REQUIRE(grants.size() == 4);
  CHECK(grants[0].columns ==
        Words{"id", "account_id", "workspace_id", "owner_id", "title", "body"});
  CHECK(grants[1].columns ==
        Words{"account_id", "workspace_id", "id", "owner_id", "title", "body"});
  CHECK(grants[2].columns == Words{"title", "body"});
  CHECK(grants[3].columns ==
        Words{"id", "account_id", "workspace_id", "owner_id", "title", "body", "secret"});
}

TEST_CASE("check: the tenant columns come with every insert", "[check]") {
  const Model model = test::model_of(table(R"(    scope: workspace
    rules:
      - { role: workspace.editor, context: [app], read: all }
      - { role: workspace.editor, context: [app], insert: [title, account_id] }
)"));
  CHECK(table_of(model, "notes").grants[1].columns == Words{"account_id", "workspace_id", "title"});
}

TEST_CASE("check: a rule that was half understood gives nothing", "[check]") {
  const auto said = test::said_about(table(R"y(    scope: workspace
    rules:
      - { role: workspace.editor, context: [app], read: all, rows: "f(x)" }
)y"));
  CHECK(said == Words{"condition 19:69"});
}

TEST_CASE("check: refused for what it would mean", "[check]") {
  const auto said = [](std::string_view members) { return test::said_about(table(members)); };
  const std::string rules = "    rules: [ { role: account.admin, context: [app], read: all } ]\n";
  CHECK(said("    scope: account\n    workspace: w\n" + rules) == Words{"scope 18:16"});
  CHECK(said("    scope: global\n    account: a\n" + rules) == Words{"scope 18:14"});
  CHECK(said("    scope: workspace\n    account: x\n    workspace: x\n" + rules) ==
        Words{"same-column 16:3"});
  CHECK(said("    scope: { parent: notes, on: a }\n" + rules) == Words{"parent-cycle 17:22"});
  CHECK(said("    scope: global\n    rules: [ { context: [app], delete: rows } ]\n") ==
        Words{"missing-role 18:14"});
  CHECK(said("    scope: workspace\n    columns: [id]\n    hidden: [x]\n" + rules) ==
        Words{"unknown-column 19:14"});
  CHECK(said("    scope: workspace\n    columns: [id, a]\n    rules: [ { role: account.admin, "
             "context: [app], read: all, rows: \"b\" } ]\n") == Words{"unknown-column 19:71"});
  CHECK(said("    scope: workspace\n    columns: [id]\n    rules: [ { role: account.admin, "
             "context: [app], update: all } ]\n") == Words{"all-of-what 19:61"});
  CHECK(said("    scope: workspace\n    rules: [ { role: account.admin, context: [app, app], "
             "read: all } ]\n") == Words{"duplicate 18:52"});
  const auto other = [](std::string_view tables) {
    return test::said_about(test::with_tables(tables));
  };
  CHECK(other("  accounts:\n    scope: account\n    rules: [ { role: account.owner, context: "
              "[app], insert: [name] } ]\n") == Words{"insert-of-a-tenant 18:61"});
  CHECK(other("  users:\n    scope: global\n    rules: [ { role: account.admin, context: [app], "
              "read: all } ]\n") == Words{"scope 17:12"});
  CHECK(other("  users:\n    scope: global\n    rules: [ { role: workspace.viewer, context: [app], "
              "read: all, rows: \"id = session.user_id\" } ]\n")
            .empty());
}

TEST_CASE("check: the same columns in another order agree", "[check]") {
  CHECK(test::said_about(table(R"(    scope: workspace
    rules:
      - { role: workspace.viewer, context: [app], read: [a, b], rows: "shared" }
      - { role: workspace.editor, context: [app], read: [b, a] }
)"))
            .empty());
}

TEST_CASE("check: a name longer than PostgreSQL can hold is refused", "[check]") {
  const std::string long_name(64, 'x');
  CHECK(test::said_about(test::with_tables(
            "  " + long_name +
            ":\n    scope: account\n    rules: "
            "[ { role: account.admin, context: [app], read: all } ]\n")) == Words{"name 16:3"});
  CHECK(test::said_about(table("    scope: workspace\n    rules: [ { role: account.admin, context: "
                               "[app], read: [" +
                               long_name + "] } ]\n")) == Words{"name 18:60"});
}
