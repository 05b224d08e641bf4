#include "policy/live/apply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <thread>

#include "core/ident.hpp"

namespace tenancy::policy {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Whether another try may succeed: no lock in time, a deadlock, or the statement's own timeout.
bool is_contention(const DatabaseError &error) {
  return error.sqlstate() == "55P03" || error.sqlstate() == "40P01" || error.sqlstate() == "57014";
}

std::string table_literal(const TableName &table) {
  return quote_literal(quote_qualified(table.schema, table.name));
}

class Runner {
 public:
  Runner(Database &database, const Script &script, const ApplyOptions &options,
         std::ostream &progress)
      : database_(database), script_(script), options_(options), progress_(progress) {}

  ApplyResult run() {
    database_.on_notice([this](const Notice &notice) { hear(notice); });
    settle();
    if (options_.prepare) prepare();
    if (options_.enforce) enforce();
    database_.on_notice({});
    return result_;
  }

 private:
  // A session without the caller's habits. Autovacuum gives way to who has waited for
  // deadlock_timeout, so that must be shorter than our patience; only a superuser may say so.
  void settle() {
    database_.execute(
        "set search_path = pg_catalog, pg_temp; set row_security = on;"
        "set client_min_messages = notice; set idle_in_transaction_session_timeout = 0;"
        "set statement_timeout = 0; set default_transaction_isolation = 'read committed'");
    if (database_.query("select rolsuper from pg_roles where rolname = current_user").at(0, 0) ==
        "t") {
      database_.execute(fmt::format("set deadlock_timeout = '{}ms'",
                                    std::max<long>(1, options_.lock_timeout.count() / 2)));
    }
  }

  void hear(const Notice &notice) {
    close_line();
    progress_ << "        " << notice.message << "\n";
    if (!notice.hint.empty()) progress_ << "        " << notice.hint << "\n";
    progress_.flush();
  }

  void close_line() {
    if (open_line_) progress_ << "\n" << std::flush;
    open_line_ = false;
  }

  void say(const std::string &line) {
    close_line();
    progress_ << line << "\n" << std::flush;
  }

  void begin_line(const Statement &statement) {
    ++number_;
    progress_ << fmt::format("[{}/{}] {}", number_, total_, statement.title) << std::flush;
    open_line_ = true;
    began_ = Clock::now();
  }

  void end_line(std::string_view what = {}) {
    const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    progress_ << fmt::format("{}{}{:.1f} s\n", open_line_ ? " ... " : "        ",
                             what.empty() ? "" : fmt::format("{}, ", what), seconds)
              << std::flush;
    open_line_ = false;
  }

  [[noreturn]] void fail(const Statement &statement, const DatabaseError &error) {
    std::string who;
    if (is_contention(error) && database_.is_open()) who = blockers(statement);
    close_line();
    throw ApplyError(fmt::format(
        "{}{}: {}{}", statement.title,
        statement.reference.empty() ? "" : fmt::format(" ({})", statement.reference),
        error.describe(),
        is_contention(error)
            ? fmt::format("\nhint: what it locks is held by {}; run it again, or give it more "
                          "--retries",
                          who.empty() ? "other sessions" : who)
            : ""));
  }

  std::string blockers(const Statement &statement) {
    if (!statement.table) return {};
    const Rows rows = database_.query(
        "select string_agg(distinct format('process %s (%s)', a.pid, coalesce(nullif("
        "a.application_name, ''), a.backend_type)), ', ')"
        "  from pg_locks l join pg_stat_activity a on a.pid = l.pid"
        " where l.relation = to_regclass($1) and l.granted and l.pid <> pg_backend_pid()"
        "   and a.xact_start < clock_timestamp() - interval '100 ms'",
        {{quote_qualified(statement.table->schema, statement.table->name)}});
    return std::string(rows.at(0, 0));
  }

  // Runs work until it gets its locks; between tries, those who wait behind it go first.
  template <class Work>
  void insist(const Statement &statement, Work work) {
    milliseconds pause{50};
    for (int attempt = 0;; ++attempt) {
      try {
        work();
        return;
      } catch (const DatabaseError &error) {
        if (!is_contention(error) || attempt >= options_.retries || !database_.is_open()) {
          fail(statement, error);
        }
      }
      if (attempt % 10 == 2) {
        const std::string who = blockers(statement);
        say(fmt::format("        waits for its locks{}{}", who.empty() ? "" : ", behind ", who));
      }
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 3 / 2, milliseconds{2000});
    }
  }

  // --- prepare

  void prepare() {
    total_ = static_cast<std::size_t>(
        std::count_if(script_.statements.begin(), script_.statements.end(),
                      [](const Statement &each) { return each.phase == Phase::prepare; }));
    number_ = 0;
    for (const Statement &statement : script_.statements) {
      if (statement.phase != Phase::prepare) continue;
      begin_line(statement);
      if (options_.dry_run) {
        close_line();
        ++result_.prepared;
        continue;
      }
      bool ran = false;
      insist(statement, [&] { ran = prepare_one(statement); });
      result_.prepared += ran ? 1 : 0;
      end_line(ran ? "" : "nothing to do");
    }
  }

  bool prepare_one(const Statement &statement) {
    database_.execute(fmt::format("set lock_timeout = {}",
                                  statement.patient ? 0 : options_.lock_timeout.count()));
    if (!statement.generates) {
      database_.execute(statement.sql);
      return true;
    }
    const Rows commands = database_.query(statement.sql);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      database_.execute(std::string(commands.at(i, 0)));
    }
    return commands.size() > 0;
  }

  // --- enforce

  struct Live {
    std::string hash;
    bool as_left;
  };

  // What the last run left of each table, and whether it still is.
  std::map<TableName, Live> read_live() {
    std::map<TableName, Live> live;
    const Rows rows = database_.query(
        "select m.schema_name, m.table_name, m.hash,"
        "       coalesce(m.state = tenancy.table_state(to_regclass(format('%I.%I', m.schema_name,"
        "                                                                  m.table_name))), false)"
        "  from tenancy.managed_table m where m.application = $1",
        {{script_.application}});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      live[{std::string(rows.at(i, 0)), std::string(rows.at(i, 1))}] = {std::string(rows.at(i, 2)),
                                                                        rows.at(i, 3) == "t"};
    }
    return live;
  }

  struct Frame {
    bool same_source = false;
    bool as_left = false;
  };

  Frame read_frame() {
    const Rows rows = database_.query(
        "select p.hash = $2 and p.compiler_version = $3,"
        "       coalesce(p.state ->> 'compiled' = $4"
        "                and p.state -> 'left' = tenancy.application_state($1), false)"
        "  from tenancy.policy p where p.application = $1 order by p.id desc limit 1",
        {{script_.application}, {script_.source_hash}, {TENANCY_VERSION}, {script_.frame_hash}});
    if (rows.size() == 0) return {};
    const bool fits = script_.unfit.empty() || database_.query(script_.unfit).size() == 0;
    return {rows.at(0, 0) == "t", rows.at(0, 1) == "t" && fits};
  }

  void enforce() {
    std::vector<const Statement *> before;
    std::vector<const Statement *> tables;
    std::vector<const Statement *> after;
    for (const Statement &statement : script_.statements) {
      if (statement.phase != Phase::enforce) continue;
      if (statement.checks) {
        if (options_.dry_run && result_.prepared > 0) continue;  // it would not be true yet
        insist(statement, [&] { database_.execute(statement.sql); });
      } else {
        (statement.table ? tables : tables.empty() ? before : after).push_back(&statement);
      }
    }
    number_ = 0;
    Frame frame;
    if (!script_.removes) frame = read_frame();
    const bool settled = frame.same_source && frame.as_left;
    if (settled) {
      before.clear();
      after.clear();
    }
    total_ = before.size() + changed(tables).size() + after.size();
    together(before);
    // What is no table's may have changed what policies refer to.
    const std::vector<const Statement *> left = changed(tables);
    total_ = before.size() + left.size() + after.size();
    for (const Statement *statement : tables) {
      if (std::find(left.begin(), left.end(), statement) == left.end()) {
        ++result_.unchanged;
        unchanged_.push_back(statement);
        continue;
      }
      begin_line(*statement);
      ++result_.enforced;
      if (options_.dry_run) {
        close_line();
        continue;
      }
      insist(*statement, [&] { enforce_table(*statement); });
      end_line();
    }
    together(after);
  }

  // Those of the tables that are not as the script says, or no longer as it left them.
  std::vector<const Statement *> changed(const std::vector<const Statement *> &tables) {
    if (script_.removes) return tables;
    const std::map<TableName, Live> live = read_live();
    std::vector<const Statement *> out;
    for (const Statement *statement : tables) {
      const auto found = live.find(*statement->table);
      if (found == live.end() || found->second.hash != statement->hash || !found->second.as_left) {
        out.push_back(statement);
      }
    }
    return out;
  }

  void begin() {
    database_.execute(
        fmt::format("begin; set local client_min_messages = {}; set local lock_timeout = {}",
                    script_.removes ? "notice" : "warning", options_.lock_timeout.count()));
  }

  void rollback() {
    if (database_.is_open() && database_.in_transaction()) database_.execute("rollback");
  }

  void enforce_table(const Statement &statement) {
    const bool there =
        !database_
             .query("select to_regclass($1)",
                    {{quote_qualified(statement.table->schema, statement.table->name)}})
             .is_null(0, 0);
    try {
      begin();
      if (there) {
        // Of a table with partitions the sum of the waits counts, so it is one timeout for all.
        database_.execute(fmt::format(
            "set local statement_timeout = {0}; lock table {1} in access exclusive mode",
            std::max<long>(1, options_.lock_timeout.count()),
            quote_qualified(statement.table->schema, statement.table->name)));
      }
      database_.execute("set local statement_timeout = 0;\n" + statement.sql + statement.comments);
      database_.execute("commit");
    } catch (...) {
      rollback();
      throw;
    }
  }

  // What is no table's, in one transaction. Places in the source have moved, so the comments on
  // tables that are right otherwise are written again; that locks nothing that others need.
  void together(const std::vector<const Statement *> &statements) {
    if (statements.empty()) return;
    for (const Statement *statement : statements) {
      begin_line(*statement);
      close_line();
    }
    if (options_.dry_run) return;
    const Statement *current = statements.front();
    insist(*current, [&] {
      try {
        begin();
        for (const Statement *statement : statements) {
          current = statement;
          database_.execute(statement->sql + statement->comments);
        }
        for (const Statement *statement : unchanged_) {
          current = statement;
          if (!statement->comments.empty()) database_.execute(statement->comments);
        }
        database_.execute("commit");
      } catch (const DatabaseError &error) {
        rollback();
        if (is_contention(error)) throw;
        fail(*current, error);
      } catch (...) {
        rollback();
        throw;
      }
    });
  }

  Database &database_;
  const Script &script_;
  const ApplyOptions &options_;
  std::ostream &progress_;
  ApplyResult result_;
  std::vector<const Statement *> unchanged_;
  std::size_t number_ = 0;
  std::size_t total_ = 0;
  bool open_line_ = false;
  Clock::time_point began_;
};

constexpr std::string_view lock_key = "1952804449, 1";  // "tena"

std::vector<TableName> tables_of(const Rows &rows) {
  std::vector<TableName> tables;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    tables.push_back({std::string(rows.at(i, 0)), std::string(rows.at(i, 1))});
  }
  return tables;
}

}  // namespace

ApplyLock::ApplyLock(Database &database) : database_(database) {
  database_.execute("set client_connection_check_interval = '500ms'");
  const std::string attempt = fmt::format("select pg_try_advisory_lock({})", lock_key);
  // The server may not have noticed yet that the other one was killed.
  for (int i = 0; database_.query(attempt).at(0, 0) != "t"; ++i) {
    if (i < 15) {
      std::this_thread::sleep_for(milliseconds{200});
      continue;
    }
    const Rows holder = database_.query(
        "select a.pid, a.usename, to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS TZ')"
        "  from pg_locks l join pg_stat_activity a on a.pid = l.pid"
        " where l.locktype = 'advisory' and l.granted and l.classid = 1952804449 and l.objid = 1"
        "   and l.database = (select d.oid from pg_database d where d.datname = "
        "current_database())");
    if (holder.size() == 0) continue;
    throw ApplyError(
        fmt::format("another run works on this database: process {} of role {}, since {}\n"
                    "hint: wait until it ends, or end it: select pg_terminate_backend({});",
                    holder.at(0, 0), holder.at(0, 1), holder.at(0, 2), holder.at(0, 0)));
  }
}

ApplyLock::~ApplyLock() {
  try {
    if (database_.is_open() && !database_.in_transaction()) {
      database_.execute(fmt::format("select pg_advisory_unlock({})", lock_key));
    }
  } catch (const DatabaseError &) {
    // The lock ends with the connection.
  }
}

ApplyResult apply(Database &database, const Script &script, const ApplyOptions &options,
                  std::ostream &progress) {
  try {
    return Runner(database, script, options, progress).run();
  } catch (...) {
    database.on_notice({});
    throw;
  }
}

std::vector<TableName> managed_tables(Database &database, const std::string &application) {
  if (database.query("select to_regclass('tenancy.managed_table')").is_null(0, 0)) return {};
  return tables_of(
      database.query("select m.schema_name, m.table_name from tenancy.managed_table m"
                     " where m.application = $1"
                     "   and to_regclass(format('%I.%I', m.schema_name, m.table_name)) is not null"
                     " order by 1, 2",
                     {{application}}));
}

std::vector<TableName> other_tables(Database &database, const Script &script) {
  std::string named;
  for (const Statement &statement : script.statements) {
    if (statement.phase != Phase::enforce || !statement.table) continue;
    named += fmt::format("{}{}", named.empty() ? "" : ", ", table_literal(*statement.table));
  }
  return tables_of(database.query(fmt::format(
      R"(select n.nspname, c.relname
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relkind in ('r', 'p', 'f') and not c.relispartition
   and c.oid <> all (array(select to_regclass(t)::oid from unnest(array[{0}]::text[]) t))
   and c.relnamespace in (select k.relnamespace from unnest(array[{0}]::text[]) t
                            join pg_class k on k.oid = to_regclass(t))
   and not exists (select from pg_depend d
                    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
 order by 1, 2)",
      named)));
}

}  // namespace tenancy::policy
