// Many clients of several tenants at once, over the bouncer: what each sees is counted, and nobody
// may see what is not his, nor miss what is.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <thread>

#include "client.hpp"

namespace {

void print(const bouncer::Tally &tally, const bouncer::HandOvers &hand_overs) {
  for (const auto &[kind, count] : tally.errands)
    std::printf("errand\t%s\t%ld\n", kind.c_str(), count);
  for (const auto &[kind, count] : tally.expected)
    std::printf("error\t%s\t%ld\n", kind.c_str(), count);
  for (const auto &[kind, count] : tally.complaints)
    std::printf("unexpected error\t%s\t%ld\n", kind.c_str(), count);
  std::printf("backends\t%zu\n", hand_overs.backends());
  std::printf("hand_overs\t%ld\n", hand_overs.count());
  std::printf("comments\t%ld\n", tally.comments);
  std::printf("rows\t%ld\nforeign\t%ld\nforeign_tenant\t%ld\nmissing\t%ld\nunexpected\t%ld\n",
              tally.rows, tally.foreign, tally.foreign_tenant, tally.missing, tally.unexpected);
}

}  // namespace

int main(int argc, char **argv) {
  bouncer::Load load;
  load.login = "select tenancy.login($1, workspace => $2)";
  std::string identities_file;
  int clients = 1000;
  int visits = 2;
  int errands = 8;
  unsigned seed = 1;

  CLI::App app{"many clients of several tenants over a pooler"};
  app.add_option("conninfo", load.conninfo)->required();
  app.add_option("identities", identities_file)->required();
  app.add_option("--clients", clients);
  app.add_option("--visits", visits, "connections of each client, one after the other");
  app.add_option("--errands", errands, "of each visit");
  app.add_option("--seed", seed);
  app.add_option("--login", load.login);
  app.add_flag("--named", load.named, "prepare statements by name");
  CLI11_PARSE(app, argc, argv);

  const auto identities = bouncer::read_identities(identities_file);
  if (identities.empty()) {
    std::fprintf(stderr, "no identities in %s\n", identities_file.c_str());
    return 2;
  }

  std::deque<bouncer::Client> all;
  for (int i = 0; i < clients; ++i)
    all.emplace_back(load, identities[static_cast<std::size_t>(i) % identities.size()],
                     std::mt19937{seed + static_cast<unsigned>(i)});
  {
    std::vector<std::jthread> threads;
    for (bouncer::Client &client : all)
      threads.emplace_back([&client, visits, errands] {
        for (int i = 0; i < visits; ++i) client.visit(errands);
      });
  }
  bouncer::Tally sum;
  for (const bouncer::Client &client : all) sum.add(client.tally());
  print(sum, load.hand_overs);
}
