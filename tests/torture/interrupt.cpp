// Logs in and is interrupted at a random moment, again and again; after each, what the session says
// it is must be what it sees.
//
//   interrupt COUNT SEED DATABASE ROLE TOKENS_A ACCOUNT_A SUBJECT_A TOKENS_B ACCOUNT_B SUBJECT_B
//
// TOKENS are files with a token in each line, all of SUBJECT, a member of ACCOUNT. Prints a line of
// counts; says on stderr what was wrong, and then ends with 1.
#include <poll.h>

#include <chrono>
#include <ctime>
#include <map>
#include <random>

#include "connection.hpp"

namespace {

constexpr int stuck_after_ms = 20000;

struct Tenant {
  std::vector<std::string> tokens;
  std::string account;
  std::string subject;
};

enum class Way { cancel, terminate, timeout };
enum class Shape { alone, in_savepoint, again, other_tenant, with_query, after_other_tenant };
constexpr int ways = 3;
constexpr int shapes = 6;

class Torture {
 public:
  Torture(unsigned seed, const char *database, const char *role, Tenant a, Tenant b)
      : database_(database),
        role_(role),
        tenants_{std::move(a), std::move(b)},
        random_(seed),
        striker_(database, nullptr),
        victim_(std::make_unique<Connection>(database, role)) {
    login_takes_ = measure_login();
  }

  bool run(int count) {
    for (int i = 0; i < count; ++i) round();
    for (const auto &[outcome, number] : outcomes_) std::printf("%s=%d ", outcome.c_str(), number);
    std::printf("wrong=%d\n", wrong_);
    return wrong_ == 0;
  }

 private:
  int dice(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random_); }
  const std::string &token_of(const Tenant &tenant) {
    return tenant.tokens[static_cast<std::size_t>(dice(static_cast<int>(tenant.tokens.size())))];
  }

  // Microseconds.
  long measure_login() {
    const auto start = std::chrono::steady_clock::now();
    constexpr int rounds = 50;
    for (int i = 0; i < rounds; ++i) {
      victim_->must("begin");
      if (!sqlstate(victim_->login(token_of(tenants_[0]))).empty())
        fail("login", PQerrorMessage(victim_->get()));
      victim_->must("rollback");
    }
    const std::chrono::duration<double, std::micro> elapsed =
        std::chrono::steady_clock::now() - start;
    return static_cast<long>(elapsed.count() / rounds);
  }

  void say(const char *what, const std::string &more) {
    ++wrong_;
    std::fprintf(stderr, "wrong: %s: %s (way %d, shape %d)\n", what, more.c_str(),
                 static_cast<int>(way_), static_cast<int>(shape_));
  }

  void reconnect() { victim_ = std::make_unique<Connection>(database_, role_); }

  void round() {
    way_ = static_cast<Way>(dice(ways));
    shape_ = static_cast<Shape>(dice(shapes));
    const int one = dice(2);
    const Tenant &tenant = tenants_[one];
    const Tenant &other = tenants_[1 - one];
    // Now and then what backends have cached of the issuers goes, so that login reads it again.
    if (dice(50) == 0) striker_.must("update tenancy.issuer set leeway = leeway");

    before_ = nullptr;
    if (shape_ == Shape::after_other_tenant) {
      victim_->must("begin");
      if (!sqlstate(victim_->login(token_of(other))).empty()) say("a login failed", "");
      victim_->must("commit");
    }
    victim_->must("begin");
    if (shape_ == Shape::again || shape_ == Shape::other_tenant) {
      before_ = shape_ == Shape::again ? &tenant : &other;
      if (!sqlstate(victim_->login(token_of(*before_))).empty()) say("a login failed", "");
    }
    if (shape_ != Shape::alone && shape_ != Shape::with_query) victim_->must("savepoint s");
    if (way_ == Way::timeout) victim_->must("set local statement_timeout = 1");
    send_login(tenant);
    if (way_ != Way::timeout) strike();
    const std::string outcome = receive();
    ++outcomes_[outcome.empty() ? "completed" : outcome];
    if (!victim_->is_open()) {
      reconnect();
      judge(nullptr, nullptr);
    } else {
      judge_transaction(outcome.empty() ? &tenant : nullptr);
    }
  }

  // A login that is done in a moment is hard to hit with a timeout of a millisecond: it sleeps
  // first.
  void send_login(const Tenant &tenant) {
    const std::string nap = std::to_string(static_cast<double>(dice(1200)) / 1e6);
    const std::string &token = token_of(tenant);
    int sent = 0;
    if (shape_ == Shape::with_query) {
      sent = PQsendQuery(victim_->get(), ("select tenancy.login('" + token +
                                          "'); select count(*) from documents, "
                                          "generate_series(1, 300)")
                                             .c_str());
    } else {
      const char *values[] = {token.c_str()};
      const std::string statement = way_ == Way::timeout
                                        ? "select tenancy.login($1) from pg_sleep(" + nap + ")"
                                        : "select tenancy.login($1)";
      sent = PQsendQueryParams(victim_->get(), statement.c_str(), 1, nullptr, values, nullptr,
                               nullptr, 0);
    }
    if (sent != 1) fail("send", PQerrorMessage(victim_->get()));
  }

  void strike() {
    const long microseconds = dice(static_cast<int>(login_takes_ + login_takes_ / 2) + 1);
    const timespec pause{0, microseconds * 1000};
    nanosleep(&pause, nullptr);
    striker_.must(std::string(way_ == Way::cancel ? "select pg_cancel_backend("
                                                  : "select pg_terminate_backend(") +
                  std::to_string(victim_->backend()) + ")");
  }

  // The SQLSTATE of the first failure. A backend that does not answer is stuck.
  std::string receive() {
    std::string outcome;
    for (;;) {
      while (PQisBusy(victim_->get()) == 1) {
        pollfd wait{PQsocket(victim_->get()), POLLIN, 0};
        if (poll(&wait, 1, stuck_after_ms) == 0) {
          say("a backend is stuck", std::to_string(victim_->backend()));
          std::exit(1);
        }
        if (PQconsumeInput(victim_->get()) == 0) break;
      }
      const Result result(PQgetResult(victim_->get()));
      if (result == nullptr) return outcome;
      victim_->note(result);
      if (outcome.empty()) outcome = sqlstate(result);
    }
  }

  // entered: whose login has succeeded, or null.
  void judge_transaction(const Tenant *entered) {
    const bool has_savepoint = shape_ != Shape::alone && shape_ != Shape::with_query;
    bool failed = PQtransactionStatus(victim_->get()) == PQTRANS_INERROR;
    // A login that was in time may be followed by a SET that is not, and is lost with it.
    if (!failed && way_ == Way::timeout) failed = !leave("set local statement_timeout = 0");
    if (failed && !has_savepoint) {
      leave("rollback");
    } else {
      if (PQtransactionStatus(victim_->get()) == PQTRANS_INERROR) leave("rollback to s");
      if (victim_->is_open() && victim_->in_transaction())
        judge(failed ? before_ : entered, before_);
      if (victim_->is_open()) leave(dice(2) == 0 ? "commit" : "rollback");
    }
    if (!victim_->is_open()) reconnect();
    judge(nullptr, nullptr);
  }

  // A cancel or terminate that came late hits what is sent next; then that is sent again. Whether
  // the first time was enough.
  bool leave(const std::string &statement) {
    for (int i = 0; i < 5 && victim_->is_open(); ++i) {
      if (sqlstate(victim_->run(statement)).empty()) return i == 0;
      ++outcomes_["late"];
      if (statement.starts_with("set")) victim_->run("rollback to s");
    }
    return false;
  }

  // Whose identity is there; nothing where none is.
  const Tenant *look() {
    for (int i = 0; i < 5; ++i) {
      if (!victim_->is_open()) reconnect();
      if (victim_->in_transaction()) victim_->run("savepoint look");
      const Result result = victim_->run(
          "select tenancy.account_key(), tenancy.account_uuid()::text, "
          "current_setting('tenancy.account'), tenancy.subject(), tenancy.claim('sub'), "
          "(select string_agg(distinct account_id::text, ' ') from documents)");
      const std::string state = sqlstate(result);
      if (state.empty()) {
        std::string all;
        for (int column = 0; column < 6; ++column)
          all += PQgetvalue(result.get(), 0, column) + std::string(" ");
        for (const Tenant &tenant : tenants_)
          if (all == tenant.account + " " + tenant.account + " " + tenant.account + " " +
                         tenant.subject + " " + tenant.subject + " " + tenant.account + " ")
            return &tenant;
        say("a mixed identity", all);
        return nullptr;
      }
      if (victim_->is_open() && victim_->in_transaction()) victim_->run("rollback to look");
      if (state == "28000") return nullptr;
      if (state != "57014" && state != "57P01" && state != "lost") {
        say("an unexpected error", state);
        return nullptr;
      }
      ++outcomes_["late"];
    }
    say("no answer", "five times");
    return nullptr;
  }

  // What may be seen: expected's identity; after a login that failed, the one before it.
  void judge(const Tenant *expected, const Tenant *before) {
    const bool outside = !victim_->in_transaction();
    const Tenant *seen = look();
    ++outcomes_[seen == nullptr ? "none" : "bound"];
    if (!victim_->is_open()) return;
    if (seen != nullptr && outside)
      say("an identity is there outside of its transaction", seen->subject);
    if (seen != nullptr && seen != expected && seen != before)
      say("an identity that nobody bound", seen->subject);
    // A victim that was connected again while it looked is in no transaction.
    if (seen == nullptr && expected != nullptr && victim_->in_transaction())
      say("an identity is lost", expected->subject);
  }

  const char *database_;
  const char *role_;
  Tenant tenants_[2];
  std::mt19937 random_;
  Connection striker_;
  std::unique_ptr<Connection> victim_;
  long login_takes_ = 0;
  const Tenant *before_ = nullptr;
  Way way_ = Way::cancel;
  Shape shape_ = Shape::alone;
  std::map<std::string, int> outcomes_;
  int wrong_ = 0;
};

}  // namespace

int main(int argc, char **argv) {
  if (argc != 11) fail("usage", "see the head of the source");
  Torture torture(static_cast<unsigned>(std::atol(argv[2])), argv[3], argv[4],
                  {lines_of(argv[5]), argv[6], argv[7]}, {lines_of(argv[8]), argv[9], argv[10]});
  return torture.run(std::atoi(argv[1])) ? 0 : 1;
}
