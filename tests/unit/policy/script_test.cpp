#include "policy/script.hpp"

#include <pg_query.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "policy/emit.hpp"
#include "policy/emit_prepare.hpp"
#include "policy/lower.hpp"
#include "text.hpp"

using namespace tenancy::policy;

namespace {

// Children of two levels, of which the second's parent stands below it in the file.
constexpr std::string_view family = R"(  notes:
    scope: workspace
    rules:
      - { role: workspace.viewer, context: [app], read: all }
  replies:
    scope: { parent: comments, on: comment_id }
    rules:
      - { role: workspace.viewer, context: [app], read: all }
  comments:
    scope: { parent: notes, on: note_id }
    rules:
      - { role: workspace.viewer, context: [app], read: all, insert: [note_id, body] }
)";

Script script_of(const std::string &text, Form form = Form::script,
                 const Schema *schema = nullptr) {
  Source source("tenancy.yaml", text);
  Diagnostics diagnostics;
  std::optional<Script> script = compile(source, diagnostics, schema, form);
  if (!script) throw std::runtime_error(diagnostics.render(source));
  return std::move(*script);
}

std::vector<std::string> titles(const Script &script, Phase phase) {
  std::vector<std::string> out;
  for (const Statement &each : script.statements) {
    if (each.phase == phase) out.push_back(each.title);
  }
  return out;
}

std::size_t position(const std::vector<std::string> &all, const std::string &wanted) {
  const auto found = std::find(all.begin(), all.end(), wanted);
  INFO(wanted);
  REQUIRE(found != all.end());
  return static_cast<std::size_t>(found - all.begin());
}

void check_grammar(const std::string &sql) {
  PgQueryParseResult parsed = pg_query_parse(sql.c_str());
  INFO(sql);
  CHECK(parsed.error == nullptr);
  pg_query_free_parse_result(parsed);
}

const Statement &of_table(const Script &script, const std::string &table) {
  return *std::find_if(
      script.statements.begin(), script.statements.end(), [&](const Statement &each) {
        return each.phase == Phase::enforce && each.table && each.table->name == table;
      });
}

SchemaColumn column(std::string name, std::string type, bool not_null = true) {
  SchemaColumn out;
  out.name = std::move(name);
  out.type = std::move(type);
  out.not_null = not_null;
  return out;
}

// The tables of `family`; comments with or without what prepare makes.
Schema schema_of(bool prepared) {
  Schema schema;
  schema.server = 15;
  schema.types = {{"uuid", TypeClass::uuid, true, true, {}, "", false},
                  {"text", TypeClass::text, true, true, {}, "", false}};
  const auto table = [&](std::string name, std::vector<std::string> more) -> SchemaTable & {
    SchemaTable out;
    out.name = {"public", std::move(name)};
    out.columns.push_back(column("id", "uuid"));
    for (const std::string &each : more) {
      out.columns.push_back(column(each, each.ends_with("_id") ? "uuid" : "text"));
    }
    SchemaKey key;
    key.name = out.name.name + "_pkey";
    key.kind = KeyKind::primary;
    key.columns = {"id"};
    out.keys.push_back(key);
    return schema.tables.emplace_back(std::move(out));
  };
  const auto unique = [](SchemaTable &of, std::vector<std::string> columns) {
    SchemaKey key;
    key.name = of.name.name + "_key" + std::to_string(of.keys.size());
    key.columns = std::move(columns);
    of.keys.push_back(key);
  };
  const auto foreign = [](SchemaTable &of, std::string parent, std::vector<std::string> columns,
                          std::vector<std::string> referenced) {
    SchemaForeignKey key;
    key.name = of.name.name + "_fkey" + std::to_string(columns.size());
    key.columns = std::move(columns);
    key.referenced = {"public", std::move(parent)};
    key.referenced_columns = std::move(referenced);
    of.foreign_keys.push_back(key);
  };
  schema.tables.reserve(16);
  table("accounts", {"name"});
  table("workspaces", {"account_id"});
  table("users", {"subject", "issuer"});
  table("account_members", {"user_id", "account_id", "role"});
  table("workspace_members", {"user_id", "workspace_id", "role"});
  const std::vector<std::string> key{"id", "account_id", "workspace_id"};
  SchemaTable &notes = table("notes", {"account_id", "workspace_id"});
  unique(notes, {"account_id", "workspace_id", "id"});
  SchemaTable &comments = prepared
                              ? table("comments", {"note_id", "body", "account_id", "workspace_id"})
                              : table("comments", {"note_id", "body"});
  foreign(comments, "notes", {"note_id"}, {"id"});
  SchemaTable &replies = prepared ? table("replies", {"comment_id", "account_id", "workspace_id"})
                                  : table("replies", {"comment_id"});
  if (prepared) {
    unique(comments, {"account_id", "workspace_id", "id"});
    unique(replies, {"account_id", "workspace_id", "id"});
    foreign(comments, "notes", {"note_id", "account_id", "workspace_id"}, key);
    foreign(replies, "comments", {"comment_id", "account_id", "workspace_id"}, key);
  }
  schema.arrange();
  return schema;
}

}  // namespace

TEST_CASE("script: prepare goes from parents to children, then indexes", "[script]") {
  const std::vector<std::string> steps =
      titles(script_of(test::with_tables(family)), Phase::prepare);
  const std::size_t comments =
      position(steps, "Add comments.account_id, workspace_id, of the types that public.notes has");
  const std::size_t filled = position(steps, "Fill comments.account_id, workspace_id");
  const std::size_t key =
      position(steps, "Unique key on id, account_id, workspace_id of public.notes");
  const std::size_t linked =
      position(steps, "Let no new row of public.comments have another tenant's parent");
  const std::size_t replies = position(
      steps, "Add replies.account_id, workspace_id, of the types that public.comments has");
  CHECK(comments < filled);
  CHECK(filled < key);
  CHECK(key < linked);
  CHECK(linked < replies);
  CHECK(replies < position(steps, "Index on account_id, workspace_id of public.notes"));
}

TEST_CASE("script: PostgreSQL's grammar takes every statement of prepare and of a removal",
          "[script]") {
  for (const Form form : {Form::script, Form::steps}) {
    for (const Statement &each : script_of(test::with_tables(family), form).statements) {
      check_grammar(each.sql);
      check_grammar(each.comments);
    }
    Source source("tenancy.yaml", test::with_tables(family));
    Diagnostics diagnostics;
    const auto removal =
        compile_removal(source, diagnostics, nullptr, form, {{"public", "no\"tes"}});
    REQUIRE(removal);
    CHECK(removal->removes);
    for (const Statement &each : removal->statements) check_grammar(each.sql);
    REQUIRE(removal->remarks.size() == 1);
    CHECK(removal->remarks[0].find("drop constraint if exists comments_tenant_fkey;") !=
          std::string::npos);
  }
}

TEST_CASE("script: of what the schema has, nothing is prepared", "[script]") {
  const Schema prepared = schema_of(true);
  const Script done = script_of(test::with_tables(family), Form::script, &prepared);
  CHECK(titles(done, Phase::prepare).empty());
  CHECK(print(done).find("gexec") == std::string::npos);
  // The key without the tenant is still there, and its error still tells.
  REQUIRE(done.remarks.size() == 1);
  CHECK(done.remarks[0].find("alter table public.comments drop constraint comments_fkey1;") !=
        std::string::npos);

  const Schema bare = schema_of(false);
  const std::vector<std::string> steps =
      titles(script_of(test::with_tables(family), Form::script, &bare), Phase::prepare);
  position(steps, "Fill replies.account_id, workspace_id");
  CHECK(std::find(steps.begin(), steps.end(),
                  "Unique key on id, account_id, workspace_id of public.notes") == steps.end());
}

TEST_CASE("script: what others queue behind is short, what is long does not hold them up",
          "[script]") {
  for (const Statement &each : script_of(test::with_tables(family)).statements) {
    INFO(each.title);
    const bool concurrent = each.sql.find(" concurrently ") != std::string::npos;
    const bool commits = each.sql.find("    commit;\n") != std::string::npos;
    const bool scans = each.sql.find("validate constraint") != std::string::npos;
    CHECK(each.alone == (concurrent || commits));
    CHECK(each.patient == (concurrent || commits || scans));
    if (each.phase == Phase::enforce) CHECK_FALSE(each.alone);
  }
}

TEST_CASE("script: a table's hash is of what is enforced, whatever its form or its line",
          "[script]") {
  const std::string text = test::with_tables(family);
  const Script script = script_of(text);
  const Script steps = script_of(text, Form::steps);
  const Script moved = script_of(test::replaced(text, "hierarchy:", "# moved\nhierarchy:"));
  for (const char *table : {"notes", "comments", "replies"}) {
    const std::string hash = of_table(script, table).hash;
    CHECK(hash.size() == 64);
    CHECK(of_table(steps, table).hash == hash);
    CHECK(of_table(moved, table).hash == hash);
    CHECK(of_table(moved, table).comments != of_table(script, table).comments);
    // A step by itself does all: what was there, what was given, rules, what it has become.
    CHECK(of_table(steps, table).sql.find("insert into tenancy.managed_table") == 0);
    CHECK(of_table(steps, table).sql.find("delete from tenancy.rule") != std::string::npos);
    CHECK(of_table(script, table).sql.find("tenancy.managed_table") == std::string::npos);
  }
  CHECK(steps.frame_hash == script.frame_hash);
  const Script changed = script_of(test::replaced(text, "insert: [note_id, body]", "delete: rows"));
  CHECK(of_table(changed, "comments").hash != of_table(script, "comments").hash);
  CHECK(of_table(changed, "notes").hash == of_table(script, "notes").hash);
}

TEST_CASE("script: what takes away comes before what gives", "[script]") {
  const std::string sql = of_table(script_of(test::with_tables(family)), "comments").sql;
  const auto at = [&](const char *text) {
    INFO(text);
    REQUIRE(sql.find(text) != std::string::npos);
    return sql.find(text);
  };
  CHECK(at("force row level security") < at("revoke all"));
  CHECK(at("revoke all") < at("as restrictive"));
  CHECK(at("as restrictive") < at("demo_app_select"));
  CHECK(at("demo_app_select") < at("grant select"));
}

TEST_CASE("script: report refuses nothing and grants nothing", "[script]") {
  const Script script = script_of(test::with_tables(
      test::replaced(std::string(family), "  comments:\n", "  comments:\n    enforce: report\n")));
  const std::string &sql = of_table(script, "comments").sql;
  CHECK(sql.find("from public, demo_app") == std::string::npos);
  CHECK(sql.find("grant select") == std::string::npos);
  CHECK(sql.find("set default tenancy") == std::string::npos);
  CHECK(sql.find("policy demo_report_insert on public.comments as restrictive for insert to "
                 "public\n    with check (tenancy.observe('public.comments', 'insert', case when "
                 "tenancy.has_identity() then account_id = ") != std::string::npos);
  CHECK(sql.find("else false end, true))") != std::string::npos);
  CHECK(sql.find("policy demo_report_delete on public.comments as restrictive for delete to "
                 "public\n    using (tenancy.observe('public.comments', 'delete', case when "
                 "tenancy.has_identity() then account_id = tenancy.account_uuid() and workspace_id "
                 "= tenancy.workspace_uuid() and false else false end))") != std::string::npos);
  check_grammar(sql);
}

TEST_CASE("script: columns: orm grants all columns and has the values judged", "[script]") {
  const Script script = script_of(test::replaced(test::with_tables(family), "application: demo\n",
                                                 "application: demo\ncolumns: orm\n"));
  const std::string &sql = of_table(script, "comments").sql;
  CHECK(sql.find("grant insert on table public.comments to demo_app;") != std::string::npos);
  CHECK(sql.find("trigger demo_written_columns before insert or update on public.comments") !=
        std::string::npos);
  // Where nothing is written, nothing is judged.
  CHECK(of_table(script, "notes").sql.find("check_columns") == std::string::npos);
}

TEST_CASE("script: names of structure fit", "[script]") {
  CHECK(structure_name("notes", "_tenant_key") == "notes_tenant_key");
  const std::string name(60, 'x');
  CHECK(structure_name(name, "_tenant_key").size() == 63);
  CHECK(structure_name(name + "a", "_tenant_key") != structure_name(name + "b", "_tenant_key"));
  std::string accented;
  for (int i = 0; i < 31; ++i) accented += "é";
  for (const char *suffix : {"_tenant_key", "_tenant_fkey"}) {
    const std::string cut = structure_name(accented, suffix);
    CHECK(cut.size() <= 63);
    CHECK(cut.find("\xC3_") == std::string::npos);
  }
}

TEST_CASE("script: notes are printed and not hashed", "[script]") {
  const std::string text = "a" + note("  -- b") + "\nc" + note("d");
  CHECK(with_notes(text) == "a  -- b\ncd");
  CHECK(without_notes(text) == "a\nc");
  CHECK(without_notes("\x01 not ended") == "");
}

TEST_CASE("script: no name breaks out of a comment", "[script]") {
  Script script;
  script.application = "demo";
  Statement statement;
  statement.title = "close \"x\n\\! id\r\"";
  statement.sql = "select 1;\n";
  script.statements.push_back(statement);
  script.remarks.push_back("of the key \"y\r\\! id\"\nand more");
  const std::string sql = print(script, true, true);
  CHECK(sql.find("-- close \"x?\\! id?\".") != std::string::npos);
  CHECK(sql.find("-- of the key \"y?\\! id\"\n-- and more\n") != std::string::npos);
  CHECK(sql.find('\r') == std::string::npos);
}
