// Names that the front end makes sense of.
#include <catch2/catch.hpp>

#include "policy/check_active.hpp"
#include "policy/diagnostic_names.hpp"
#include "policy/include.hpp"
#include "policy/parse.hpp"
#include "policy/render.hpp"
#include "policy/signature.hpp"
#include "text.hpp"

using namespace tenancy::policy;
using Words = std::vector<std::string>;

TEST_CASE("signature: types are spelled as the catalog spells them", "[signature]") {
  const auto read = [](const std::string &text) {
    Diagnostics diagnostics;
    return parse_signature({text, {0, text.size()}}, diagnostics);
  };
  const auto same = read("search(q text, INT, timestamptz[], numeric(3, 2), varchar(9), \"My\".t)");
  REQUIRE(same);
  CHECK(same->name == TableName{"public", "search"});
  CHECK(same->arguments == Words{"text", "integer", "timestamp with time zone[]", "numeric",
                                 "character varying", "\"My\".t"});
  CHECK(read("app.\"F\"()") == Signature{{"app", "F"}, {}});
  CHECK(read("f(variadic text[])") == Signature{{"public", "f"}, {"text[]"}});
  for (const char *bad :
       {"f", "a.b.c()", "f() to public --", "f(), g()", "f(int) to x", "f(a.b%type)",
        "f(setof int)", "f(int", "f(int) /* */", "", "f(); drop table x"}) {
    INFO(bad);
    CHECK_FALSE(read(bad));
  }
}

TEST_CASE("check: a tenant or user that is gone is noticed", "[check]") {
  Schema schema;
  const auto add = [&](const char *name, const Words &columns) {
    SchemaTable table;
    table.name = {"public", name};
    for (const std::string &column : columns) {
      SchemaColumn each;
      each.name = column;
      each.type = "text";
      table.columns.push_back(each);
    }
    schema.tables.push_back(table);
  };
  add("accounts", {"id", "status"});
  add("workspaces", {"id", "estate", "email_status"});
  add("users", {"id", "subject", "issuer", "deleted_at"});
  add("account_members", {"user_id", "is_active"});
  schema.arrange();
  const auto said = [&](const std::string &text, const Schema *known) {
    Source source("tenancy.yaml", text);
    Diagnostics diagnostics;
    const FileTrees trees = read_files(source, diagnostics);
    const ast::File file = parse(source, trees.roots, diagnostics);
    check_active(file, test::model_of(text), known, diagnostics);
    Words words;
    for (const Diagnostic &each : diagnostics.all()) {
      words.push_back(each.name + " " + std::to_string(source.line_of(each.span)));
    }
    return words;
  };
  const std::string small(test::small_policy);
  CHECK(said(small, &schema) == Words{"no-active 4", "no-active 6", "no-active 8"});
  CHECK(said(small, nullptr).empty());
  CHECK(said(test::replaced(small, "{ table: users, key: id,",
                            "{ table: users, key: id, active: deleted_at is null,"),
             &schema) == Words{"no-active 4", "no-active 8"});
}

TEST_CASE("diagnostic: a name has a meaning", "[diagnostic]") {
  CHECK(meaning_of("tab") == "a tab");
  CHECK(meaning_of("nonsense").empty());
}

TEST_CASE("render: what is hostile in a name stays a name", "[diagnostic]") {
  Source source("a\n::error::b.yaml", "x: 1\n");
  Diagnostics diagnostics;
  diagnostics.error("e", "m\x1b[31m\n::error::n\xff", {0, 1}, "100%\r\n");
  const std::string github = render(diagnostics, source, Format::github);
  CHECK(github ==
        "::error file=a?%3A%3Aerror%3A%3Ab.yaml,line=1,endLine=1,col=1,endColumn=1,"
        "title=e::m?[31m?::error::n?%0Ahelp: 100%25??\n");
  CHECK(render(diagnostics, source, Format::human).find('\x1b') == std::string::npos);
  CHECK(render(diagnostics, source, Format::human, true).find("\x1b[1;31merror") !=
        std::string::npos);
}
