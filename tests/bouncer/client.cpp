#include "client.hpp"

#include <algorithm>
#include <iterator>

namespace bouncer {
namespace {

// No tenant is named: what comes is what the policies let pass.
constexpr const char *query = "select id, account_id, pg_backend_pid() from documents";

}  // namespace

struct Client::Kind {
  const char *name;
  Errand errand;
};

void Client::connect() {
  load_.connecting.acquire();
  connection_.emplace(load_.conninfo);
  load_.connecting.release();
  prepared_ = false;
  succeed("connect", connection_->is_open() ? Answer{} : Answer{"08001", connection_->error(), {}});
}

void Client::visit(int errands) {
  static constexpr Kind kinds[] = {
      {"read", &Client::read},
      {"read in one round trip", &Client::read_in_one_round_trip},
      {"read in one message", &Client::read_in_one_message},
      {"read prepared", &Client::read_prepared},
      {"read by cursor", &Client::read_by_cursor},
      {"cursor left open", &Client::leave_cursor_open},
      {"write", &Client::write},
      {"error", &Client::fail},
      {"error in a savepoint", &Client::fail_in_savepoint},
      {"cancel", &Client::cancel},
      {"no login", &Client::ask_without_login},
      {"discard all", &Client::discard_all},
      {"vanish", &Client::vanish},
  };
  connect();
  for (int i = 0; i < errands && connection_->is_open(); ++i) {
    const Kind &kind = kinds[pick(std::size(kinds))];
    ++tally_.errands[kind.name];
    (this->*kind.errand)();
    if (!connection_->is_open()) connect();
  }
  connection_.reset();
}

bool Client::succeed(const char *what, const Answer &answer) {
  if (!answer.ok()) tally_.complain(what + (": " + answer.sqlstate + " " + answer.message));
  return answer.ok();
}

void Client::must_fail(const char *what, const Answer &answer, std::string_view sqlstate) {
  if (answer.sqlstate == sqlstate)
    ++tally_.expected[what + (" " + answer.sqlstate)];
  else
    tally_.complain(what + (": not " + std::string{sqlstate} + " but " + answer.sqlstate + " " +
                            answer.message));
  for (const Row &row : answer.rows) {
    ++tally_.foreign;
    if (row.size() > 1 && row[1] != identity_.account) ++tally_.foreign_tenant;
  }
}

void Client::judge(const std::vector<Row> &rows) {
  std::set<std::string> seen;
  for (const Row &row : rows) {
    ++tally_.rows;
    if (!identity_.documents.contains(row[0])) ++tally_.foreign;
    if (row[1] != identity_.account) ++tally_.foreign_tenant;
    seen.insert(row[0]);
  }
  tally_.missing += std::ranges::count_if(
      identity_.documents, [&seen](const std::string &id) { return !seen.contains(id); });
  if (!rows.empty()) load_.hand_overs.note(rows[0][2], identity_.account);
}

std::string Client::one_document() {
  return *std::next(identity_.documents.begin(),
                    pick(static_cast<int>(identity_.documents.size())));
}

bool Client::begin_and_log_in() {
  return succeed("begin", connection_->run("begin")) &&
         succeed("login", connection_->run(load_.login, {identity_.token, identity_.workspace}));
}

void Client::read() {
  if (!begin_and_log_in()) return;
  const Answer answer = connection_->run(query, {});
  if (succeed("read", answer)) judge(answer.rows);
  succeed("commit", connection_->run("commit"));
}

void Client::read_in_one_round_trip() {
  const auto answers =
      connection_->run_pipeline({{"begin", {}},
                                 {load_.login, {identity_.token, identity_.workspace}},
                                 {query, {}},
                                 {"commit", {}}});
  for (const Answer &answer : answers)
    if (!succeed("pipeline", answer)) return;
  judge(answers[2].rows);
}

// As drivers do that put the parameters into the statement: psycopg2, Django's default cursor.
void Client::read_in_one_message() {
  std::string login = load_.login;
  login.replace(login.find("$1"), 2, quoted(identity_.token));
  if (const auto at = login.find("$2"); at != std::string::npos)
    login.replace(at, 2, quoted(identity_.workspace));
  const Answer answer = connection_->run("begin; " + login + "; " + query);
  if (succeed("message", answer)) judge(answer.rows);
  succeed("commit", connection_->run("commit"));
}

// Prepared once, run in each transaction: the bouncer shares it between tenants.
void Client::read_prepared() {
  if (!load_.named) return read();
  if (!begin_and_log_in()) return;
  if (!prepared_) prepared_ = succeed("prepare", connection_->prepare("documents_of_mine", query));
  const Answer answer = connection_->run_prepared("documents_of_mine", {});
  if (succeed("prepared", answer)) judge(answer.rows);
  succeed("commit", connection_->run("commit"));
}

void Client::read_by_cursor() {
  if (!begin_and_log_in()) return;
  if (succeed("declare", connection_->run(std::string{"declare page cursor for "} + query))) {
    std::vector<Row> rows;
    for (;;) {
      const Answer page = connection_->run("fetch 7 from page");
      if (!succeed("fetch", page) || page.rows.empty()) break;
      rows.insert(rows.end(), page.rows.begin(), page.rows.end());
    }
    judge(rows);
  }
  succeed("commit", connection_->run("commit"));
}

void Client::leave_cursor_open() {
  if (!begin_and_log_in()) return;
  succeed("declare", connection_->run(std::string{"declare page cursor for "} + query));
  succeed("fetch", connection_->run("fetch 3 from page"));
  succeed("commit", connection_->run("commit"));
  must_fail("cursor after commit", connection_->run("fetch 3 from page"), "34000");
}

// The row is there in the next transaction, perhaps on another server connection.
void Client::write() {
  if (!begin_and_log_in()) return;
  const char *insert =
      "insert into comments (document_id, author_id, body) values ($1, tenancy.user_uuid(), "
      "'load') "
      "returning id, account_id, workspace_id";
  const Answer written = connection_->run(insert, {one_document()});
  if (!identity_.may_comment()) {
    must_fail("write that no rule allows", written, "42501");
    succeed("rollback", connection_->run("rollback"));
    return;
  }
  const bool done = succeed("insert", written);
  if (!succeed("commit", connection_->run("commit")) || !done) return;
  ++tally_.comments;
  if (written.rows[0][1] != identity_.account || written.rows[0][2] != identity_.workspace)
    ++tally_.foreign;

  if (!begin_and_log_in()) return;
  const Answer deleted =
      connection_->run("delete from comments where id = $1 returning id", {written.rows[0][0]});
  if (succeed("delete", deleted)) tally_.missing += deleted.rows.empty() ? 1 : 0;
  if (succeed("commit", connection_->run("commit")))
    tally_.comments -= static_cast<long>(deleted.rows.size());
}

void Client::fail() {
  struct Failure {
    const char *name;
    std::string sql;
    const char *sqlstate;
  };
  const Failure failures[] = {
      {"division by zero", "select 1 / 0 from documents", "22012"},
      {"no such table", "select * from no_such_table", "42P01"},
      {"discard all in a transaction", "discard all", "25001"},
      {"foreign workspace", "update documents set workspace_id = gen_random_uuid()", "42501"},
      {"expired token", "select tenancy.login(" + quoted(identity_.expired_token) + ")", "28T02"},
  };
  const Failure &failure = failures[pick(std::size(failures))];
  if (!begin_and_log_in()) return;
  must_fail(failure.name, connection_->run(failure.sql), failure.sqlstate);
  must_fail("aborted", connection_->run(query), "25P02");
  succeed("rollback", connection_->run("rollback"));
  must_fail("after rollback", connection_->run(query), "28000");
}

void Client::fail_in_savepoint() {
  if (!begin_and_log_in()) return;
  succeed("savepoint", connection_->run("savepoint before"));
  must_fail("division by zero", connection_->run("select 1 / 0 from documents"), "22012");
  succeed("rollback to", connection_->run("rollback to savepoint before"));
  const Answer answer = connection_->run(query);
  if (succeed("read", answer)) judge(answer.rows);
  succeed("commit", connection_->run("commit"));
}

void Client::cancel() {
  if (!begin_and_log_in()) return;
  must_fail("cancelled", connection_->run_and_cancel("select id, pg_sleep(60) from documents"),
            "57014");
  succeed("rollback", connection_->run("rollback"));
}

void Client::ask_without_login() {
  must_fail("no login", connection_->run(query), "28000");
  must_fail("no login", connection_->run(query, {}), "28000");
}

void Client::discard_all() {
  if (succeed("discard all", connection_->run("discard all"))) prepared_ = false;
  must_fail("after discard all", connection_->run(query), "28000");
}

// In the middle of a transaction, as a client that crashes. The bouncer then drops the server
// connection too, so this is rare: connections are to pass from client to client.
void Client::vanish() {
  if (pick(10) > 0) return read();
  if (!begin_and_log_in()) return;
  if (identity_.may_comment())
    succeed("insert", connection_->run("insert into comments (document_id, author_id, body) "
                                       "values ($1, tenancy.user_uuid(), 'vanished')",
                                       {one_document()}));
  connection_.reset();
  connect();
}

}  // namespace bouncer
