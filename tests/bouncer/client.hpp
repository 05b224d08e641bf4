// One of many clients of the bouncer: does errands as one identity, and judges every row that it
// gets.
#pragma once

#include <optional>
#include <random>
#include <semaphore>

#include "connection.hpp"
#include "identity.hpp"
#include "tally.hpp"

namespace bouncer {

struct Load {
  std::string conninfo;
  std::string login;   // with the parameters $1, the token, and $2, the workspace
  bool named = false;  // prepared statements may have names
  std::counting_semaphore<> connecting{64};  // more at once overrun a listen queue
  HandOvers hand_overs;
};

class Client {
 public:
  Client(Load &load, const Identity &identity, std::mt19937 random)
      : load_{load}, identity_{identity}, random_{random} {}

  // Connects, does so many errands, disconnects.
  void visit(int errands);

  const Tally &tally() const { return tally_; }

 private:
  using Errand = void (Client::*)();
  struct Kind;

  void connect();
  int pick(int count) { return std::uniform_int_distribution{0, count - 1}(random_); }

  // The errands.
  void read();
  void read_in_one_round_trip();
  void read_in_one_message();
  void read_prepared();
  void read_by_cursor();
  void leave_cursor_open();
  void write();
  void fail();
  void fail_in_savepoint();
  void cancel();
  void ask_without_login();
  void discard_all();
  void vanish();

  // Parts of them. All but begin() and login() judge what they get.
  bool begin_and_log_in();
  bool succeed(const char *what, const Answer &answer);
  void must_fail(const char *what, const Answer &answer, std::string_view sqlstate);
  void judge(const std::vector<Row> &rows);
  std::string one_document();

  Load &load_;
  const Identity &identity_;
  std::mt19937 random_;
  Tally tally_;
  std::optional<Connection> connection_;
  bool prepared_ = false;
};

}  // namespace bouncer
