#include "policy/emit.hpp"

#include <pg_query.h>

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <regex>

#include "policy/lower.hpp"
#include "text.hpp"

using namespace tenancy::policy;

namespace {

// A policy whose every name and value is as awkward as the language allows.
const std::string awkward = R"y(tenancy: 1
application: odd
hierarchy:
  account:   { table: App.User, key: Order, type: bigint, column: select, claim: "Ext Id", active: "state in ('$directory$', 'it''s') or vip" }
  workspace: { table: App.table, key: id, type: text, column: 'from', active: "not archived" }
  user:      { table: App.people, key: id, type: bigint, subject: sub, issuer: iss, active: "deleted_at is null and (a or b)" }
membership:
  account:   { table: App.am, user: 'user', of: 'of', role: role, values: { 0: billing, 1: admin, "it's": admin }, active: "accepted" }
  workspace: { table: App.wm, user: 'user', of: 'of', role: role, active: "a and b" }
roles:
  account.admin:    { includes: [workspace.lead] }
  account.billing:  {}
  workspace.lead:   {}
tables:
  App.User:
    scope: account
    rules: [ { role: account.admin, context: [app, dashboard], read: all } ]
  App.table:
    scope: workspace
    rules: [ { role: workspace.lead, context: [app], read: ["Mixed Case", "quo\"te"] } ]
  App.notes:
    scope: workspace
    rules:
      - { role: workspace.lead, context: [app], read: all, rows: "title = '$prerequisites$' or title = 'back\\slash'" }
      - { role: workspace.lead, context: [app], insert: ['or'], rows: "owner = session.user_id and w = session.workspace_id and a = session.account_id" }
      - { role: account.admin, context: [app], delete: rows, rows: "s = session.subject" }
      - { role: account.billing, context: [dashboard], read: all }
  App.children:
    scope: { parent: App.notes, on: 'grant' }
    rules: [ { role: workspace.lead, context: [app], read: all } ]
  App.words:
    scope: global
    key: code
    rules: [ { context: [app], read: all, rows: "visible" } ]
# ends with a dollar quote: $policy$ $policy1$ $policy2)y";

// Calls visit(sql) for each statement of a script; fails if PostgreSQL's grammar refuses it.
template <class Visit>
void for_each_statement(const std::string &sql, Visit visit) {
  PgQuerySplitResult split = pg_query_split_with_parser(sql.c_str());
  if (split.error != nullptr) FAIL(split.error->message << " at " << split.error->cursorpos);
  for (int i = 0; i < split.n_stmts; ++i) {
    visit(sql.substr(static_cast<std::size_t>(split.stmts[i]->stmt_location),
                     static_cast<std::size_t>(split.stmts[i]->stmt_len)));
  }
  pg_query_free_split_result(split);
}

std::size_t check_grammar(const std::string &sql) {
  std::size_t statements = 0;
  for_each_statement(sql, [&](const std::string &statement) {
    ++statements;
    if (statement.find("do $") != std::string::npos ||
        statement.find("language plpgsql") != std::string::npos) {
      PgQueryPlpgsqlParseResult parsed = pg_query_parse_plpgsql(statement.c_str());
      INFO(statement);
      CHECK(parsed.error == nullptr);
      pg_query_free_plpgsql_parse_result(parsed);
    }
  });
  return statements;
}

std::size_t count(const std::string &text, const std::string &pattern) {
  const std::regex regex(pattern);
  return static_cast<std::size_t>(
      std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

}  // namespace

TEST_CASE("emit: PostgreSQL's grammar takes every statement", "[emit]") {
  CHECK(check_grammar(test::sql_of(std::string(test::small_policy))) > 20);
  CHECK(check_grammar(test::sql_of(awkward)) > 40);
  Source saas = Source::read(SOURCE_DIR "/policy/examples/saas/tenancy.yaml");
  Diagnostics diagnostics;
  const auto sql = compile(saas, diagnostics);
  REQUIRE(sql);
  CHECK(check_grammar(print(*sql, false)) > 70);
}

TEST_CASE("emit: awkward names and values arrive unharmed", "[emit]") {
  const std::string sql = test::sql_of(awkward);
  const auto has = [&](const char *text) {
    INFO(text);
    CHECK(sql.find(text) != std::string::npos);
  };
  has("alter table \"App\".\"User\" enable row level security");
  has("using (\"Order\" = tenancy.account_bigint())");
  has("using (\"select\" = tenancy.account_bigint() and \"from\" = tenancy.workspace_key())");
  has("grant select (\"Mixed Case\", \"quo\"\"te\")");
  has("title = '$prerequisites$' or title = E'back\\\\slash'");
  has("(a.state in ('$directory$', 'it''s') or a.vip)");
  has("and u.deleted_at is null and (u.a or u.b)");
  has("('it''s', 'account.admin')");
  has("owner = tenancy.user_bigint() and w = tenancy.workspace_key() and a = "
      "tenancy.account_bigint()");
  has("a.\"Ext Id\"::text = odd_directory.account");
  has("references");
  has("array['grant', 'select', 'from'], '\"App\".notes', array['id', 'select', 'from']");
}

TEST_CASE("emit: the source in the record ends where it ends", "[emit]") {
  const std::string sql = test::sql_of(awkward);
  std::string last;
  for_each_statement(sql, [&](const std::string &statement) {
    if (statement.find("insert into tenancy.policy") != std::string::npos) last = statement;
  });
  CHECK(last.find(awkward) != std::string::npos);
  CHECK(last.find("newest.compiler_version = applied.compiler_version") != std::string::npos);
}

TEST_CASE("emit: one floor, and one policy per command, for each API context", "[emit]") {
  for (const std::string &text : {std::string(test::small_policy), awkward}) {
    const Model model = test::model_of(text);
    const std::string sql = test::sql_of(text);
    std::size_t floors = 0;
    for (const Table &table : model.tables) floors += table.account.empty() ? 0 : 2;
    CHECK(count(sql, "create policy \\w+_floor on \\S+ as restrictive for all to") == floors);

    // No two policies of one name on one table, and every permissive one is gated.
    std::map<std::string, int> seen;
    const std::regex create(
        "create policy (\\w+) on (\\S+)( as restrictive)? for (\\w+) to (\\w+)");
    for (std::sregex_iterator each(sql.begin(), sql.end(), create), end; each != end; ++each) {
      CHECK(++seen[(*each)[1].str() + " on " + (*each)[2].str()] == 1);
      const std::string role = (*each)[5].str();
      CHECK((*each)[1].str() == role + "_" + ((*each)[3].matched ? "floor" : (*each)[4].str()));
      if ((*each)[3].matched) continue;
      const auto at = static_cast<std::size_t>(each->position());
      const std::string statement = sql.substr(at, sql.find(';', at) - at);
      const std::string context = role.substr(role.find('_') + 1);
      const std::size_t clauses = (*each)[4] == "update" ? 2 : 1;
      CHECK(count(statement, "tenancy\\.context_is\\('\\w+', '" + context + "'\\)") == clauses);
    }
    CHECK(seen.size() > floors);
    // Accessors stand bare: a sub-select around one hides the tenant from partition pruning.
    CHECK(count(sql, "\\(select tenancy\\.") == 0);
    CHECK(count(sql, "alter table [^%]\\S* enable row level security, force") ==
          model.tables.size());
  }
}

TEST_CASE("emit: the same input gives the same bytes, and the file's name no foothold", "[emit]") {
  CHECK(test::sql_of(awkward) == test::sql_of(awkward));
  Diagnostics diagnostics;
  Source named("dir/a\ndrop table x; --.yaml", std::string(test::small_policy));
  const auto sql = compile(named, diagnostics);
  REQUIRE(sql);
  CHECK(print(*sql, false).find("\ndrop table x") == std::string::npos);
  CHECK(print(*sql, false).find("a?drop table x; --.yaml:") != std::string::npos);
}

TEST_CASE("emit: a dollar quote ends only where it should", "[emit]") {
  CHECK(dollar_quote("p", "text") == "$p$text$p$");
  CHECK(dollar_quote("p", "a $p$ b") == "$p1$a $p$ b$p1$");
  CHECK(dollar_quote("p", "a $p") == "$p1$a $p$p1$");
  CHECK(dollar_quote("p", "$p$ $p1$ $p2") == "$p3$$p$ $p1$ $p2$p3$");
}

TEST_CASE("emit: a damaged policy is refused or still compiles to SQL", "[emit]") {
  std::mt19937 random(7);
  const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::string pieces[] = {
      "\"", "'", "{", "}",    "[",     "]",    ":",  ",", " ",     "\n",       "\n  ",
      "-",  "#", "|", ">",    "&a",    "*a",   "!t", "%", "all",   "session.", "$$",
      "\\", "(", ")", " or ", " and ", "null", "0",  "é", "---\n", "? ",       "<<: "};
  int accepted = 0;
  for (int i = 0; i < 1500; ++i) {
    std::string text = pick(2) != 0 ? awkward : std::string(test::small_policy);
    for (std::size_t change = 1 + pick(3); change > 0; --change) {
      const std::size_t at = pick(text.size());
      switch (pick(3)) {
        case 0:
          text.erase(at, 1 + pick(12));
          break;
        case 1:
          text.insert(at, pieces[pick(std::size(pieces))]);
          break;
        default:
          text.insert(at, text.substr(pick(text.size()), 1 + pick(30)));
          break;
      }
    }
    Source source("t", text);
    Diagnostics diagnostics;
    const auto sql = compile(source, diagnostics);
    INFO(text);
    CHECK(sql.has_value() != diagnostics.failed());
    (void)diagnostics.render(source);
    if (sql && ++accepted % 10 == 0) check_grammar(print(*sql, false));
  }
  CHECK(accepted > 50);
}

TEST_CASE("lower: branches that another one covers are left out", "[lower]") {
  const auto branches = [](std::string_view scope, std::string_view rules) {
    const Model model = test::model_of(test::with_tables(
        "  notes:\n    scope: " + std::string(scope) + "\n    rules:\n" + std::string(rules)));
    std::vector<std::string> roles;
    const Plan plan = lower(model);
    for (const Branch &branch : plan.tables.at(0).policies.at(0).branches) {
      roles.push_back(branch.role + (branch.rows ? " " + print(*branch.rows, model) : ""));
    }
    return roles;
  };
  using Words = std::vector<std::string>;
  const char *viewer = "      - { role: workspace.viewer, context: [app], read: all }\n";
  const char *editor = "      - { role: workspace.editor, context: [app], read: all }\n";
  const char *admin = "      - { role: account.admin, context: [app], read: all }\n";
  const char *own = "      - { role: workspace.viewer, context: [app], read: all, rows: \"x\" }\n";
  const char *own_editor =
      "      - { role: workspace.editor, context: [app], read: all, rows: \"x\" }\n";
  CHECK(branches("workspace", std::string(editor) + viewer) == Words{"workspace.viewer"});
  CHECK(branches("workspace", std::string(viewer) + viewer) == Words{"workspace.viewer"});
  CHECK(branches("workspace", std::string(admin) + viewer) == Words{"workspace.viewer"});
  // Without a workspace an account's admin is no viewer.
  CHECK(branches("account", std::string(admin) + viewer) ==
        Words{"account.admin", "workspace.viewer"});
  CHECK(branches("workspace", std::string(own) + editor) ==
        Words{"workspace.viewer x", "workspace.editor"});
  CHECK(branches("workspace", std::string(own) + viewer) == Words{"workspace.viewer"});
  CHECK(branches("workspace", std::string(own_editor) + own) == Words{"workspace.viewer x"});
}
