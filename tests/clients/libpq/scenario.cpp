// Requests of tenants, refusals and errors; prints what came of them. The same as
// ../python/scenario.py.
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tenancy.hpp"

namespace {

using Work = std::function<void(PGconn *)>;

PGconn *pool;
const std::string eve = std::getenv("TOKEN_EVE");
const std::string gwen = std::getenv("TOKEN_GWEN");
const std::string forged = std::getenv("TOKEN_FORGED");
const std::string expired = std::getenv("TOKEN_EXPIRED");

Work query(const char *sql, std::vector<const char *> values = {}) {
  return [=](PGconn *pipeline) {
    PQsendQueryParams(pipeline, sql, static_cast<int>(values.size()), nullptr, values.data(),
                      nullptr, nullptr, 0);
  };
}

Work both(Work first, Work second) {
  return [=](PGconn *pipeline) {
    first(pipeline);
    second(pipeline);
  };
}

std::string joined(const std::vector<std::string> &words) {
  std::string text;
  for (const std::string &word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// What the last statement returned, its first column.
std::string rows(const std::vector<Result> &results) {
  std::vector<std::string> values;
  for (int row = 0; row < PQntuples(results.back().get()); ++row) {
    values.emplace_back(PQgetvalue(results.back().get(), row, 0));
  }
  return joined(values);
}

int report(const char *name, const std::vector<std::string> &tokens,
           const std::function<void(PGconn *, int run)> &work) {
  std::vector<std::string> asked;
  int runs = 0;
  const auto token = [&](bool fresh) {
    asked.emplace_back(fresh ? "a fresh one" : "a token");
    return tokens.at(asked.size() - 1);
  };
  std::string outcome;
  try {
    outcome = rows(as_tenant(pool, token, [&](PGconn *pipeline) { work(pipeline, ++runs); }));
  } catch (const SqlError &error) {
    outcome = error.sqlstate;
  }
  std::cout << name << ": " << outcome << "; asked for " << joined(asked) << '\n';
  return runs;
}

int report(const char *name, const std::vector<std::string> &tokens, const Work &work) {
  return report(name, tokens, [&](PGconn *pipeline, int) { work(pipeline); });
}

std::string process(const std::string &token) {
  return rows(as_tenant(
      pool, [&](bool) { return token; }, query("select pg_backend_pid()")));
}

const Work titles = query("select title from documents order by title");
const Work log_out = query("select tenancy.logout()");
const Work insert = query(
    "insert into documents (owner_id, title) values (tenancy.user_uuid(), $1)", {"Acme: New"});

auto losing(int times) {
  return
      [=](PGconn *pipeline, int run) { (run <= times ? both(log_out, titles) : titles)(pipeline); };
}

void play() {
  std::cout << std::boolalpha;
  report("eve", {eve}, titles);
  report("gwen", {gwen}, titles);
  std::cout << "same connection: " << (process(eve) == process(gwen)) << '\n';
  const Result without_login(PQexec(pool, "select title from documents"));
  std::cout << "no login: " << SqlError(without_login.get()).sqlstate << '\n';
  int runs = report("identity lost", {eve}, losing(1));
  std::cout << "runs: " << runs << '\n';
  runs = report("lost again", {eve}, losing(2));
  std::cout << "runs: " << runs << '\n';
  report("forged", {forged}, titles);
  report("expired", {expired, eve}, titles);
  report("expired again", {expired, expired}, titles);
  std::string before = process(eve);
  report("error", {eve}, both(insert, query("select 1 / 0")));
  report("mistake", {eve}, query("select nothing"));
  std::cout << "same connection: " << (before == process(eve)) << '\n';
  report("gwen after it", {gwen}, titles);
  report("eve after it", {eve}, titles);
  report("insert", {eve}, both(insert, titles));
  report("delete", {eve},
         both(query("delete from documents where title = $1", {"Acme: New"}), titles));
  before = process(eve);
  report("second identity", {eve}, query("select tenancy.login($1)", {gwen.c_str()}));
  std::cout << "same connection: " << (before == process(eve)) << '\n';
  report("gwen at last", {gwen}, titles);
}

}  // namespace

int main(int count, char **arguments) {
  pool = PQconnectdb("");
  if (PQstatus(pool) != CONNECTION_OK) {
    std::cerr << PQerrorMessage(pool);
    return 1;
  }
  if (count == 3 && std::string_view(arguments[1]) == "trips") {
    for (int n = std::atoi(arguments[2]); n > 0; --n) {
      as_tenant(
          pool, [](bool) { return eve; }, titles);
    }
  } else {
    play();
  }
  PQfinish(pool);
}
