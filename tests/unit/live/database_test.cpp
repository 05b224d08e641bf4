// The connection, on the server that PGHOST and friends name.
#include "policy/live/database.hpp"

#include <catch2/catch.hpp>

#include "policy/live/text_array.hpp"

using namespace tenancy::policy;

namespace {

// The SQLSTATE that the statement ends with.
std::string state_of(Database &database, const std::string &sql) {
  try {
    database.query(sql);
  } catch (const DatabaseError &error) {
    return error.sqlstate();
  }
  return "00000";
}

std::string value(Database &database, const std::string &sql, const Parameters &parameters = {}) {
  return std::string(database.query(sql, parameters).at(0, 0));
}

}  // namespace

TEST_CASE("rows come as text, nulls as such") {
  Database database("");
  const Rows rows = database.query("select $1::text, n, null, '' from generate_series(1, 3) n",
                                   {"a 'quoted' \xC3\xA4"});
  REQUIRE(rows.size() == 3);
  CHECK(rows.at(2, 0) == "a 'quoted' \xC3\xA4");
  CHECK(rows.at(2, 1) == "3");
  CHECK(rows.is_null(0, 2));
  CHECK(rows.at(0, 2).empty());
  CHECK_FALSE(rows.is_null(0, 3));
  CHECK(database.query("select $1::text", {std::nullopt}).is_null(0, 0));
  CHECK(value(database, "show client_encoding") == "UTF8");
  CHECK(value(database, "show application_name") == "tenancy");
  CHECK(database.version() >= 150000);
}

TEST_CASE("an error has its state, detail and hint, and the connection goes on") {
  Database database("");
  try {
    database.query(
        "do $$begin raise 'no' using detail = 'the detail', hint = 'the hint', errcode = "
        "'28T03'; end$$");
    FAIL("nothing was thrown");
  } catch (const DatabaseError &error) {
    CHECK(error.what() == std::string("no"));
    CHECK(error.sqlstate() == "28T03");
    CHECK(error.describe() == "no\ndetail: the detail\nhint: the hint");
  }
  CHECK(state_of(database, "select 1 / 0") == "22012");
  CHECK(state_of(database, "select") == "00000");
  CHECK(state_of(database, "copy pg_class to stdout") == "XX000");
  CHECK_FALSE(database.is_open());
  CHECK(state_of(database, "select 1") == "08006");
}

TEST_CASE("a connection that is lost says so") {
  Database database("");
  Database other("");
  const std::string pid = value(database, "select pg_backend_pid()");
  other.query("select pg_terminate_backend($1::int, 5000)", {pid});
  const std::string state = state_of(database, "select 1");
  CHECK((state == "57P01" || state == "08006"));
  CHECK_FALSE(database.is_open());
  CHECK(state_of(database, "select 1") == "08006");
  CHECK_THROWS_AS(Transaction(database), DatabaseError);
}

TEST_CASE("a transaction is rolled back unless it is committed") {
  Database database("");
  database.execute("create temporary table t (n int)");
  {
    Transaction transaction(database);
    CHECK(database.in_transaction());
    CHECK(database.query("insert into t values (1), (2)").affected() == 2);
  }
  CHECK_FALSE(database.in_transaction());
  CHECK(value(database, "select count(*) from t") == "0");
  {
    Transaction transaction(database, "isolation level serializable");
    CHECK(value(database, "show transaction_isolation") == "serializable");
    database.execute("insert into t values (1); insert into t values (2)");
    transaction.commit();
  }
  CHECK(value(database, "select count(*) from t") == "2");
  {
    Transaction transaction(database);
    database.execute("insert into t values (3)");
    CHECK(state_of(database, "select 1 / 0") == "22012");
    CHECK(database.has_failed());
    CHECK_THROWS_AS(transaction.commit(), DatabaseError);
  }
  CHECK_FALSE(database.in_transaction());
  CHECK(value(database, "select count(*) from t") == "2");
}

TEST_CASE("notices are heard") {
  Database database("");
  std::vector<std::string> heard;
  database.on_notice([&](const Notice &n) {
    heard.push_back(n.severity + " " + n.sqlstate + " " + n.message + " " + n.hint);
  });
  database.execute("do $$begin raise warning 'late' using hint = 'hurry'; end$$");
  CHECK(heard == std::vector<std::string>{"WARNING 01000 late hurry"});
  database.on_notice({});
  database.execute("do $$begin raise warning 'late'; end$$");
  CHECK(heard.size() == 1);
}

TEST_CASE("arrays are read as the server writes them") {
  Database database("");
  using Words = std::vector<std::string>;
  for (const Words &words : {Words{}, Words{"a"}, Words{"", "NULL", "null", "a b", "a,b", "{}"},
                             Words{"\"", "\\", "a\\\"b", "'", "\n", " ", "\xC3\xA4"}}) {
    const std::string text = value(database, "select $1::text[]", {write_text_array(words)});
    CHECK(read_text_array(text) == words);
  }
  CHECK(read_text_array("{a,NULL}") == Words{"a", ""});
  for (const char *wrong : {"", "{", "a", "{\"a}", "{\"a\"b}", "{\"a\\\"}"}) {
    CHECK_THROWS_AS(read_text_array(wrong), std::invalid_argument);
  }
}

TEST_CASE("what is no connection string is refused without its text") {
  for (const char *wrong :
       {"postgres//ann:hunter2@host/app", "postgres://ann:a@hunter2@host/app", "host=x hunter2",
        "postgres://ann@host/app?secret=hunter2", "hunter2:ann@host"}) {
    try {
      const Database database(wrong);
      FAIL("it connected");
    } catch (const DatabaseError &error) {
      CHECK(error.sqlstate() == "08001");
      CHECK_FALSE(error.hint().empty());
      CHECK(error.describe().find("hunter2") == std::string::npos);
    }
  }
}
