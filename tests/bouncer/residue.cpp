// An attacker and his victim, one after the other on the same server connection of the bouncer: for
// each residue, a line "ok" or "not ok", its name, and what went wrong.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <optional>

#include "connection.hpp"
#include "identity.hpp"
#include "residues.hpp"

namespace bouncer {
namespace {

constexpr const char *secret = "secret of the victim";
constexpr const char *query =
    "select id, title from documents where title <> 'secret of the victim'";

struct Options {
  std::string conninfo;
  bool named = false;
  bool sessions = false;
  bool cleaned = false;  // the pooler runs DISCARD ALL between clients
  std::vector<std::string> tracked;
};

// Each residue has a database of its own at the bouncer, and with it a server connection of its
// own.
std::string conninfo(const Options &options, std::size_t number, const char *user) {
  return options.conninfo + " user=" + user + " dbname=residue_" + std::to_string(number);
}

std::string with_token(std::string sql, const Identity &identity) {
  if (const auto at = sql.find("$token"); at != std::string::npos)
    sql.replace(at, 6, identity.token);
  return sql;
}

// Runs the attacker's statements; the error of the one that was refused, or nothing.
std::string attack(Connection &connection, const Residue &residue, const Identity &attacker) {
  std::string refused;
  for (const auto &statement : residue.statements) {
    const Answer answer = connection.run(with_token(statement, attacker));
    // The errors that are part of the attack, not its end.
    if (!answer.ok() && answer.sqlstate != "22012" && answer.sqlstate != "26000")
      refused = answer.sqlstate + " " + answer.message;
  }
  if (residue.prepared != nullptr) {
    const Answer answer = connection.prepare("documents_of_mine", residue.prepared);
    if (!answer.ok()) refused = answer.sqlstate + " " + answer.message;
  }
  return refused;
}

class Victim {
 public:
  Victim(const Identity &identity, const Residue &residue, const Options &options)
      : identity_{identity}, residue_{residue}, options_{options} {}

  // What went wrong; empty: he has his own rows, all of them, or an error that the residue allows.
  std::string work(Connection &connection) {
    error_.clear();
    work_in_transaction(connection);
    if (connection.is_open()) connection.run("rollback");
    return error_;
  }

  // Without a login there is nothing to see, whoever was here before.
  std::string look_without_login(Connection &connection) {
    return connection.run("select id, title from public.documents").ok() ? "rows without a login"
                                                                         : "";
  }

  const std::string &backend() const { return backend_; }
  const std::string &got_instead() const { return got_instead_; }

 private:
  bool allowed(const Answer &answer) const {
    return !options_.cleaned &&
           std::ranges::find(residue_.errors, answer.sqlstate) != residue_.errors.end();
  }

  bool done(const char *what, const Answer &answer) {
    if (answer.ok()) return true;
    if (allowed(answer))
      got_instead_ = answer.sqlstate;
    else
      error_ = std::string{what} + ": " + answer.sqlstate + " " + answer.message;
    return false;
  }

  bool has_own_rows(const char *what, const Answer &answer) {
    if (!done(what, answer)) return false;
    std::set<std::string> seen;
    for (const Row &row : answer.rows) seen.insert(row[0]);
    if (seen != identity_.documents)
      error_ = std::string{what} + ": " + std::to_string(seen.size()) + " rows, not his own " +
               std::to_string(identity_.documents.size());
    return error_.empty();
  }

  void work_in_transaction(Connection &connection) {
    if (!done("begin", connection.run("begin"))) return;
    if (!done("login", connection.run("select tenancy.login($1, workspace => $2)",
                                      {identity_.token, identity_.workspace})))
      return;
    const Answer pid = connection.run("select pg_backend_pid()");
    if (!done("backend", pid)) return;
    backend_ = pid.rows[0][0];

    if (options_.named && !prepared_) {
      if (!done("prepare", connection.prepare("documents_of_mine", query))) return;
      prepared_ = true;
    }
    if (options_.named &&
        !has_own_rows("prepared", connection.run_prepared("documents_of_mine", {})))
      return;
    if (!has_own_rows("read", connection.run(query))) return;
    if (!done("declare", connection.run(std::string{"declare page cursor for "} + query))) return;
    if (!has_own_rows("fetch", connection.run("fetch all from page"))) return;
    if (residue_.trace != nullptr) {
      const Answer trace = connection.run(residue_.trace);
      if (!done("trace", trace)) return;
      if (trace.rows[0][0] == "t") error_ = "the residue outlives the login";
    }
    if (!error_.empty()) return;

    // What he writes lands in his own account, in the real table.
    if (!done("insert", connection.run("insert into documents (owner_id, title) values "
                                       "(tenancy.user_uuid(), $1)",
                                       {secret})))
      return;
    const Answer written =
        connection.run("select account_id from public.documents where title = $1", {secret});
    if (!done("read back", written)) return;
    if (written.rows.empty() || written.rows[0][0] != identity_.account)
      error_ = "what he wrote is not in his account";
    else
      done("commit", connection.run("commit"));
  }

  const Identity &identity_;
  const Residue &residue_;
  const Options &options_;
  bool prepared_ = false;
  std::string error_;
  std::string backend_;
  std::string got_instead_;
};

// The attacker comes back for what the victim has left.
std::string reap(Connection &connection, const Identity &attacker, const Identity &victim) {
  const std::string login = "begin; select tenancy.login('" + attacker.token + "', workspace => '" +
                            attacker.workspace + "'); ";
  const std::string harvests[] = {
      "select * from pg_temp.documents",
      "select * from documents",
      "fetch all from page",
      "execute documents_of_mine",
      "select name, statement from pg_cursors",
      "select name, statement from pg_prepared_statements where from_sql",
      login + "select * from documents",
      login + "fetch all from page",
  };
  for (const auto &harvest : harvests) {
    const Answer answer = connection.run(harvest);
    connection.run("rollback");
    for (const Row &row : answer.rows)
      for (const auto &field : row)
        if (field.find(secret) != std::string::npos || field == victim.account ||
            victim.documents.contains(field))
          return "the attacker reaps the victim's row by: " + harvest.substr(0, 40);
  }
  return "";
}

// For roles that are no pool nothing is refused and nothing cleaned: so each residue must be met
// there by the next client in transaction mode, or the attempt on the pool proves nothing.
std::string control(const Options &options, std::size_t number, const Residue &residue,
                    const Identity &attacker) {
  if (residue.trace == nullptr || residue.tracked) return "";
  for (const auto &setting : options.tracked)
    if (std::string_view(residue.trace).find("'" + setting + "'") != std::string_view::npos)
      return "";
  Connection first{conninfo(options, number, "plain")};
  const std::string refused = attack(first, residue, attacker);
  if (!refused.empty()) return "control: " + refused;
  const Answer trace = Connection{conninfo(options, number, "plain")}.run(residue.trace);
  if (!trace.ok() && trace.sqlstate != "57014") return "control: " + trace.message;
  const bool kept = !trace.ok() || trace.rows[0][0] == "t";
  return kept ? "" : "control: the next client of a role that is no pool does not meet it";
}

std::string attempt(const Options &options, std::size_t number, const Residue &residue,
                    const Identity &attacker, const Identity &victim, std::string &note) {
  Victim next{victim, residue, options};
  std::optional<Connection> prey;
  std::string before;
  // In transaction mode the victim has worked on this server connection before.
  if (!options.sessions) {
    prey.emplace(conninfo(options, number, "saas_pool"));
    if (const auto error = next.work(*prey); !error.empty()) return "before: " + error;
    before = next.backend();
    note = next.got_instead();
  }

  std::optional<Connection> hand{conninfo(options, number, "saas_pool")};
  const std::string refused = attack(*hand, residue, attacker);
  if (!refused.empty()) note = "refused: " + refused.substr(0, 5);
  if (options.sessions || residue.vanishes) hand.reset();

  if (!prey) prey.emplace(conninfo(options, number, "saas_pool"));
  if (auto error = next.look_without_login(*prey); !error.empty()) return error;
  if (auto error = next.work(*prey); !error.empty()) return error;
  if (!next.got_instead().empty()) {
    note += (note.empty() ? "" : ", ") + ("victim got " + next.got_instead());
    // Once, or until the pooler gives the server connection up?
    Victim again{victim, residue, options};
    prey.reset();
    prey.emplace(conninfo(options, number, "saas_pool"));
    if (auto error = again.work(*prey); !error.empty()) return error;
    note += again.got_instead().empty() ? ", then his rows" : ", then " + again.got_instead();
  }
  if (!before.empty() && !residue.vanishes && next.got_instead().empty() &&
      next.backend() != before)
    return "the victim was on another server connection";

  if (options.sessions) prey.reset();
  if (!hand) hand.emplace(conninfo(options, number, "saas_pool"));
  return reap(*hand, attacker, victim);
}

}  // namespace
}  // namespace bouncer

int main(int argc, char **argv) {
  using namespace bouncer;
  Options options;
  std::string identities_file;
  CLI::App app{"what one client of a pooler leaves for the next"};
  app.add_option("conninfo", options.conninfo)->required();
  app.add_option("identities", identities_file)->required();
  app.add_flag("--named", options.named, "the victim prepares statements by name");
  app.add_flag("--sessions", options.sessions, "the pooler is in session mode");
  app.add_flag("--cleaned", options.cleaned, "the pooler runs DISCARD ALL between clients");
  app.add_option("--tracked", options.tracked,
                 "settings of which this pooler gives each client his own value, for every role");
  CLI11_PARSE(app, argc, argv);

  const auto identities = read_identities(identities_file);
  const auto find = [&identities](std::string_view subject) -> const Identity & {
    return *std::ranges::find(identities, subject, &Identity::subject);
  };
  std::size_t number = 0;
  for (const Residue &residue : residues()) {
    ++number;
    std::string note;
    std::string error = attempt(options, number, residue, find("eve"), find("gwen"), note);
    if (error.empty() && !options.cleaned) error = control(options, number, residue, find("eve"));
    std::ranges::replace(error, '\n', ' ');
    std::printf("%s\t%s%s\t%s\n", error.empty() ? "ok" : "not ok", residue.name,
                note.empty() ? "" : (" (" + note + ")").c_str(), error.c_str());
    std::fflush(stdout);
  }
}
