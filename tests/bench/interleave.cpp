// Runs two statements in turn, each in a session with an identity, and prints the ratio of what
// they cost the server.
//
//   interleave PAIRS EXECUTIONS TOKEN DBNAME ROLE SQL BASELINE_ROLE BASELINE_SQL
//
// A run executes the prepared statement EXECUTIONS times; $1, if it has one, is the number of the
// execution. Each pair begins with the other side. Two costs are told: time by the clock, and time
// on the processor of the backend alone, which other load of the machine disturbs less.
//
// With PAIRS 0 it runs the first statement alone, once, and prints the backend's process id.
//
// Prints: ratio of the clock's times, ratio of the processor's (each as median, lower and upper
// quartile), and the medians of both sides' processor time for one execution in microseconds.
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const char *what, const char *why) {
  std::fprintf(stderr, "interleave: %s: %s", what, why);
  std::exit(1);
}

struct Cost {
  double clock;
  double processor;
};

class Session {
 public:
  Session(const Session &) = delete;
  ~Session() { PQfinish(connection_); }

  Session(const char *database, const char *role, const char *token, const char *sql)
      : takes_number_(std::string_view(sql).find("$1") != std::string_view::npos) {
    const char *names[] = {"dbname", "user", nullptr};
    const char *values[] = {database, role, nullptr};
    connection_ = PQconnectdbParams(names, values, 0);
    if (PQstatus(connection_) != CONNECTION_OK) fail(role, PQerrorMessage(connection_));
    take(PQexec(connection_, "begin"));  // pools may not SET but LOCAL
    take(PQexec(connection_, "set local max_parallel_workers_per_gather = 0"));
    take(PQexec(connection_, "set local jit = off"));
    take(PQexecParams(connection_, "select tenancy.login($1)", 1, nullptr, &token, nullptr, nullptr,
                      0));
    take(PQprepare(connection_, "run", sql, 0, nullptr));
    statistics_ = "/proc/" + std::to_string(PQbackendPID(connection_)) + "/schedstat";
  }

  int backend() const { return PQbackendPID(connection_); }

  Cost run(int executions) {
    const double before = processor();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 1; i <= executions; ++i) {
      const std::string number = std::to_string(i);
      const char *value = number.c_str();
      take(PQexecPrepared(connection_, "run", takes_number_ ? 1 : 0, &value, nullptr, nullptr, 0));
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    return {elapsed.count(), processor() - before};
  }

 private:
  void take(PGresult *result) {
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
      fail("statement", PQerrorMessage(connection_));
    PQclear(result);
  }

  // Seconds that the backend has had a processor.
  double processor() const {
    unsigned long long nanoseconds = 0;
    std::FILE *file = std::fopen(statistics_.c_str(), "r");
    if (file == nullptr || std::fscanf(file, "%llu", &nanoseconds) != 1)
      fail(statistics_.c_str(), "not readable\n");
    std::fclose(file);
    return static_cast<double>(nanoseconds) / 1e9;
  }

  PGconn *connection_;
  bool takes_number_;
  std::string statistics_;
};

double quantile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  const double place = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

void print_ratio(const std::vector<double> &ratios) {
  std::printf("%.3f %.3f %.3f ", quantile(ratios, 0.5), quantile(ratios, 0.25),
              quantile(ratios, 0.75));
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 9) fail("usage", "see the head of the source\n");
  const int pairs = std::atoi(argv[1]);
  const int executions = std::atoi(argv[2]);
  Session measured(argv[4], argv[5], argv[3], argv[6]);
  if (pairs == 0) {
    measured.run(executions);
    std::printf("%d\n", measured.backend());
    return 0;
  }
  Session baseline(argv[4], argv[7], argv[3], argv[8]);
  const int warm_up = std::max(executions / 10, 3);
  measured.run(warm_up);
  baseline.run(warm_up);

  std::vector<double> by_clock;
  std::vector<double> by_processor;
  std::vector<double> measured_costs;
  std::vector<double> baseline_costs;
  for (int pair = 0; pair < pairs; ++pair) {
    Cost one;
    Cost other;
    if (pair % 2 == 0) {
      one = measured.run(executions);
      other = baseline.run(executions);
    } else {
      other = baseline.run(executions);
      one = measured.run(executions);
    }
    by_clock.push_back(one.clock / other.clock);
    by_processor.push_back(one.processor / other.processor);
    measured_costs.push_back(one.processor / executions * 1e6);
    baseline_costs.push_back(other.processor / executions * 1e6);
  }
  print_ratio(by_clock);
  print_ratio(by_processor);
  std::printf("%.1f %.1f\n", quantile(measured_costs, 0.5), quantile(baseline_costs, 0.5));
}
