#include "core/ident.hpp"

#include <catch2/catch.hpp>

using tenancy::quote_identifier;
using tenancy::quote_literal;
using tenancy::quote_qualified;

TEST_CASE("ident: a plain word stays bare", "[ident]") {
  for (const char *name : {"documents", "_x", "a1", "role", "name", "key", "value", "owner_id"}) {
    CHECK(quote_identifier(name) == name);
  }
}

TEST_CASE("ident: whatever PostgreSQL would read in another way is quoted", "[ident]") {
  // Upper case folds, a digit cannot begin, the rest is no word at all.
  for (const char *name : {"Documents", "1a", "a b", "a.b", "a-b", "", "größe", "a$b", "a;b"}) {
    CHECK(quote_identifier(name) == "\"" + std::string(name) + "\"");
  }
  // Keywords of each kind that is not "unreserved", the first and the last of the table too.
  for (const char *name : {"user", "order", "table", "select", "values", "left", "between", "all",
                           "xmltable", "json_table", "system_user", "merge_action"}) {
    CHECK(quote_identifier(name) == "\"" + std::string(name) + "\"");
  }
  CHECK(quote_identifier("a\"b") == "\"a\"\"b\"");
  CHECK(quote_identifier("\"; drop table x; --") == "\"\"\"; drop table x; --\"");
}

TEST_CASE("ident: both parts of a qualified name are quoted by themselves", "[ident]") {
  CHECK(quote_qualified("public", "documents") == "public.documents");
  CHECK(quote_qualified("App", "user") == "\"App\".\"user\"");
  CHECK(quote_qualified("a.b", "c") == "\"a.b\".c");
}

TEST_CASE("ident: literals mean the same under either setting of backslashes", "[ident]") {
  CHECK(quote_literal("") == "''");
  CHECK(quote_literal("it's") == "'it''s'");
  CHECK(quote_literal("a\"b") == "'a\"b'");
  CHECK(quote_literal("a\\b") == "E'a\\\\b'");
  CHECK(quote_literal("\\'; drop table x; --") == "E'\\\\''; drop table x; --'");
  CHECK(quote_literal("größe\n") == "'größe\n'");
}
