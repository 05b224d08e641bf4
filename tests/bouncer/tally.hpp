// What the clients have counted, each for himself, summed up at the end.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace bouncer {

struct Tally {
  std::map<std::string, long> errands;   // by kind
  std::map<std::string, long> expected;  // errors that were provoked, by kind and SQLSTATE
  long rows = 0;
  long foreign = 0;         // rows that the client may not see
  long foreign_tenant = 0;  // of these, rows of another account
  long missing = 0;         // rows that he must see and did not
  long comments = 0;        // written less deleted
  long unexpected = 0;
  std::map<std::string, long> complaints;  // unexpected errors

  void complain(const std::string &what) {
    ++unexpected;
    ++complaints[what.substr(0, what.find('\n'))];
  }

  void add(const Tally &other) {
    for (const auto &[kind, count] : other.errands) errands[kind] += count;
    for (const auto &[kind, count] : other.expected) expected[kind] += count;
    rows += other.rows;
    foreign += other.foreign;
    foreign_tenant += other.foreign_tenant;
    missing += other.missing;
    comments += other.comments;
    unexpected += other.unexpected;
    for (const auto &[kind, count] : other.complaints) complaints[kind] += count;
  }
};

// Which account last used which server connection: whether the load mixes tenants at all.
class HandOvers {
 public:
  void note(const std::string &backend, const std::string &account) {
    const std::scoped_lock lock{mutex_};
    std::string &last = last_[backend];
    if (!last.empty() && last != account) ++count_;
    last = account;
  }
  long count() const { return count_; }
  std::size_t backends() const { return last_.size(); }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> last_;
  long count_ = 0;
};

}  // namespace bouncer
