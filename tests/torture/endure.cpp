// Logs in a great many times and watches what the server holds: memory and file descriptors may not
// grow once all caches are full.
//
//   endure logins COUNT DATABASE ROLE TOKENS        in one session; watches its backend
//   endure connections COUNT DATABASE ROLE TOKENS POSTMASTER
//                                                   one session each; watches the postmaster and
//                                                   the workers
//
// TOKENS is a file with a token in each line. One login in eight is with a token whose signature is
// wrong, which no cache knows. Prints a line for each of ten samples; ends with 1 if the last ones
// are higher than the one at the fifth part of the run.
#include <dirent.h>

#include <map>
#include <random>

#include "connection.hpp"

namespace {

struct Sample {
  long anonymous_kb = 0;     // RssAnon
  long proportional_kb = 0;  // Pss, shared memory included as far as it was touched
  long descriptors = 0;
  long long contexts = 0;  // bytes in the server's memory contexts
};

long field(const std::string &path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) return std::atol(line.c_str() + name.size());
  fail(path, "no such field");
}

Sample sample_of(int process) {
  const std::string directory = "/proc/" + std::to_string(process);
  Sample sample;
  sample.anonymous_kb = field(directory + "/status", "RssAnon:");
  sample.proportional_kb = field(directory + "/smaps_rollup", "Pss:");
  DIR *descriptors = opendir((directory + "/fd").c_str());
  if (descriptors == nullptr) fail(directory, "not readable");
  while (readdir(descriptors) != nullptr) ++sample.descriptors;
  closedir(descriptors);
  sample.descriptors -= 2;  // . and ..
  return sample;
}

// The process and those that it has started, but for backends of clients.
Sample sample_of_server(int postmaster) {
  Sample sum = sample_of(postmaster);
  std::ifstream children("/proc/" + std::to_string(postmaster) + "/task/" +
                         std::to_string(postmaster) + "/children");
  for (int child = 0; children >> child;) {
    std::ifstream command("/proc/" + std::to_string(child) + "/cmdline");
    std::string title;
    std::getline(command, title, '\0');
    if (title.find("pg_tenancy") == std::string::npos) continue;
    const Sample one = sample_of(child);
    sum.anonymous_kb += one.anonymous_kb;
    sum.proportional_kb += one.proportional_kb;
    sum.descriptors += one.descriptors;
  }
  return sum;
}

class Tokens {
 public:
  explicit Tokens(const char *path) : tokens_(lines_of(path)) {}

  const std::string &good() { return tokens_[next_++ % tokens_.size()]; }

  // A fresh wrong signature: the tenth character from the end is another one each time.
  std::string wrong() {
    static constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    std::string token = good();
    for (std::size_t i = 10; i < 20; ++i)
      token[token.size() - i] = letters[random_() % letters.size()];
    return token;
  }

 private:
  std::vector<std::string> tokens_;
  std::size_t next_ = 0;
  std::mt19937 random_{1};
};

void transaction(Connection &session, Tokens &tokens, int number) {
  session.must("begin");
  if (number % 8 == 7) {
    const std::string state = sqlstate(session.login(tokens.wrong()));
    if (state != "28T01") fail("a wrong token gave", state);
    session.must("rollback");
    return;
  }
  if (!sqlstate(session.login(tokens.good())).empty()) fail("login", PQerrorMessage(session.get()));
  if (session.value("select count(*) > 0 from documents") != "t") fail("documents", "none is seen");
  session.must("commit");
}

bool is_flat(const std::vector<Sample> &samples) {
  const Sample &warm = samples[1];
  const Sample &last = samples.back();
  bool flat = true;
  const auto hold = [&flat](const char *what, long long from, long long to, long long allowed) {
    if (to - from <= allowed) return;
    flat = false;
    std::printf("%s grew from %lld to %lld\n", what, from, to);
  };
  hold("RssAnon, kB", warm.anonymous_kb, last.anonymous_kb, 256);
  hold("memory contexts, bytes", warm.contexts, last.contexts, 0);
  hold("file descriptors", warm.descriptors, last.descriptors, 0);
  return flat;
}

void print(int done, const Sample &sample) {
  std::printf("%8d  RssAnon %6ld kB  Pss %6ld kB  contexts %8lld bytes  descriptors %ld\n", done,
              sample.anonymous_kb, sample.proportional_kb, sample.contexts, sample.descriptors);
  std::fflush(stdout);
}

constexpr int parts = 10;

bool endure_logins(int count, const char *database, const char *role, Tokens tokens) {
  Connection session(database, role);
  std::vector<Sample> samples;
  for (int part = 1; part <= parts; ++part) {
    for (int i = 0; i < count / parts; ++i) transaction(session, tokens, i);
    Sample sample = sample_of(session.backend());
    sample.contexts = std::atoll(
        session.value("select sum(total_bytes) from pg_backend_memory_contexts").c_str());
    print(count / parts * part, sample);
    samples.push_back(sample);
  }
  return is_flat(samples);
}

bool endure_connections(int count, const char *database, const char *role, Tokens tokens,
                        int postmaster) {
  std::vector<Sample> samples;
  for (int part = 1; part <= parts; ++part) {
    for (int i = 0; i < count / parts; ++i) {
      Connection session(database, role);
      transaction(session, tokens, i);
    }
    samples.push_back(sample_of_server(postmaster));
    print(count / parts * part, samples.back());
  }
  return is_flat(samples);
}

}  // namespace

int main(int argc, char **argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "logins" && argc == 6)
    return endure_logins(std::atoi(argv[2]), argv[3], argv[4], Tokens(argv[5])) ? 0 : 1;
  if (mode == "connections" && argc == 7)
    return endure_connections(std::atoi(argv[2]), argv[3], argv[4], Tokens(argv[5]),
                              std::atoi(argv[6]))
               ? 0
               : 1;
  fail("usage", "see the head of the source");
}
