#include <catch2/catch.hpp>
#include <string>

#include "policy/compile.hpp"
#include "text.hpp"

using namespace tenancy::policy;
using namespace tenancy::policy::test;

namespace {

SchemaColumn column(const char *name, const char *type, bool not_null = true) {
  SchemaColumn result;
  result.name = name;
  result.type = type;
  result.not_null = not_null;
  return result;
}

SchemaTable table(const char *name, std::vector<SchemaColumn> columns) {
  SchemaTable result;
  result.name = {"public", name};
  result.keys = {{std::string(name) + "_pkey", KeyKind::primary, {columns.front().name}, {}, {}}};
  result.columns = std::move(columns);
  return result;
}

// The tables of the small policy, with bigint keys.
Schema small_schema() {
  Schema schema;
  schema.types = {{"bigint", TypeClass::integer, true, true, {}, {}, {}},
                  {"text", TypeClass::text, true, true, {}, {}, {}},
                  {"jsonb", TypeClass::other, false, false, {}, {}, {}}};
  schema.tables = {
      table("accounts", {column("id", "bigint")}),
      table("workspaces", {column("id", "bigint"), column("account_id", "bigint")}),
      table("users", {column("id", "bigint"), column("subject", "text"), column("issuer", "text")}),
      table("account_members",
            {column("user_id", "bigint"), column("account_id", "bigint"), column("role", "text")}),
      table("workspace_members", {column("user_id", "bigint"), column("workspace_id", "bigint"),
                                  column("role", "text")}),
      table("notes",
            {column("id", "bigint"), column("account_id", "bigint"),
             column("workspace_id", "bigint"), column("title", "text"), column("secret", "text")}),
  };
  schema.tables.back().columns.front().identity = Identity::always;
  schema.arrange();
  return schema;
}

SchemaTable &notes(Schema &schema) {
  for (SchemaTable &each : schema.tables) {
    if (each.name.name == "notes") return each;
  }
  throw std::logic_error("no notes");
}

std::string said(const std::string &text, const Schema &schema) {
  Source source("tenancy.yaml", text);
  Diagnostics diagnostics;
  compile(source, diagnostics, &schema);
  return diagnostics.render(source);
}

bool has(const std::string &text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("schema: key types and columns come from it", "[schema]") {
  Source source("tenancy.yaml", with_tables("  notes:\n    scope: workspace\n    hidden: [secret]\n"
                                            "    rules:\n"
                                            "      - { role: workspace.editor, context: [app], "
                                            "read: all, insert: all, update: all }\n"));
  Diagnostics diagnostics;
  const Schema schema = small_schema();
  const std::optional<Model> model = analyze(source, diagnostics, &schema);
  INFO(diagnostics.render(source));
  REQUIRE(model);
  CHECK(model->account.type == KeyType::bigint);
  CHECK(model->user.type == KeyType::bigint);
  const std::vector<Grant> &grants = model->tables.front().grants;
  REQUIRE(grants.size() == 3);
  using Columns = std::vector<std::string>;
  CHECK(grants[0].columns == Columns{"id", "account_id", "workspace_id", "title"});
  CHECK(grants[1].columns == Columns{"account_id", "workspace_id", "title"});  // id draws itself
  CHECK(grants[2].columns == Columns{"title"});
}

TEST_CASE("schema: names that it does not have are errors with their places", "[schema]") {
  const Schema schema = small_schema();
  const std::string policy(small_policy);
  CHECK(said(policy, schema).empty());
  CHECK(has(said(replaced(policy, "  notes:", "  nots:"), schema),
            "tenancy.yaml:16:3: error[unknown-table]: there is no table \"nots\""));
  CHECK(has(said(replaced(policy, "subject: subject", "subject: sub"), schema),
            "error[unknown-column]: table \"users\" has no column \"sub\""));
  CHECK(has(said(replaced(policy, "of: workspace_id", "of: ws_id"), schema),
            "error[unknown-column]: table \"workspace_members\" has no column \"ws_id\""));
  CHECK(
      has(said(replaced(policy, "read: all", "read: [titel]"), schema), "did you mean \"title\"?"));
  CHECK(has(said(replaced(policy, "{ table: accounts, key: id }",
                          "{ table: accounts, key: id, type: uuid }"),
                 schema),
            "error[key-type]: \"id\" is of type bigint"));
}

TEST_CASE("schema: tenant columns that are not there, or may be null", "[schema]") {
  const std::string policy(small_policy);
  Schema schema = small_schema();
  notes(schema).columns[2].name = "ws";
  CHECK(has(said(policy, schema), "table \"notes\" has no column \"workspace_id\""));
  CHECK(
      said(replaced(policy, "    scope: workspace\n", "    scope: workspace\n    workspace: ws\n"),
           schema)
          .empty());
  schema = small_schema();
  notes(schema).columns[1].not_null = false;
  CHECK(has(said(policy, schema), "warning[nullable-tenant]"));
}

TEST_CASE("schema: keys that span tenants are warned of", "[schema]") {
  const std::string policy = with_tables(
      "  notes:\n    scope: workspace\n    rules:\n"
      "      - { role: workspace.viewer, context: [app], read: all, delete: rows }\n"
      "  replies:\n    scope: workspace\n    rules:\n"
      "      - { role: workspace.editor, context: [app], read: all }\n");
  Schema schema = small_schema();
  schema.tables.push_back(table("replies", {column("id", "uuid"), column("account_id", "bigint"),
                                            column("workspace_id", "bigint"),
                                            column("note_id", "bigint"), column("code", "text")}));
  schema.arrange();
  const auto replies = [&]() -> SchemaTable & {
    for (SchemaTable &each : schema.tables) {
      if (each.name.name == "replies") return each;
    }
    throw std::logic_error("no replies");
  };
  CHECK(said(policy, schema).empty());

  replies().keys.push_back({"replies_code", KeyKind::unique, {"code"}, {}, {}});
  CHECK(has(said(policy, schema), "warning[global-key]: unique key \"replies_code\""));
  replies().keys.back().columns = {"account_id", "code"};
  CHECK(said(policy, schema).empty());

  SchemaForeignKey foreign;
  foreign.name = "replies_note";
  foreign.columns = {"note_id"};
  foreign.referenced = {"public", "notes"};
  foreign.referenced_columns = {"id"};
  foreign.on_delete = ForeignAction::cascade;
  replies().foreign_keys = {foreign};
  CHECK(has(said(policy, schema), "warning[global-foreign-key]: foreign key \"replies_note\""));
  CHECK(has(said(policy, schema), "warning[cascade]: deleting a row of \"notes\""));
  // The key of a child to its parent gets the tenant columns when the policy is prepared.
  const std::string child = replaced(policy, "  replies:\n    scope: workspace\n",
                                     "  replies:\n    scope: { parent: notes, on: note_id }\n");
  CHECK(said(child, schema) == "");
  replies().keys.push_back({"replies_id_code", KeyKind::unique, {"id", "code"}, {}, {}});
  CHECK_FALSE(has(said(policy, schema), "global-key"));
  replies().foreign_keys[0].columns = {"note_id", "account_id", "workspace_id"};
  CHECK(said(policy, schema).empty());
}
