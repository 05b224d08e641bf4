#include "residues.hpp"

#include <deque>

namespace bouncer {
namespace {

constexpr const char *log_in = "select tenancy.login('$token')";
// The session could not be made clean, and says so.
const std::string unclean = "28T04";

Residue setting(const char *name, const char *value, std::vector<std::string> errors = {},
                bool tracked = false) {
  static std::deque<std::string> texts;
  const std::string quoted_name = std::string{"'"} + name + "'";
  const std::string quoted_value = std::string{"'"} + value + "'";
  return {texts.emplace_back(std::string{name} + " by set_config").c_str(),
          {"select set_config(" + quoted_name + ", " + quoted_value + ", false)"},
          texts.emplace_back("select current_setting(" + quoted_name + ", true) = " + quoted_value)
              .c_str(),
          std::move(errors),
          tracked};
}

// Under each name that the pooler has given to a statement, the attacker's own.
constexpr const char *hijack = R"(do $$
declare
  victim record;
begin
  for victim in select name from pg_prepared_statements where not from_sql loop
    execute format('deallocate %I', victim.name);
    execute format('prepare %I as select ''attacker''::text, tenancy.account_key()', victim.name);
  end loop;
  execute 'prepare "PGBOUNCER_1000000" as select ''attacker''::text, tenancy.account_key()';
end $$)";

}  // namespace

const std::vector<Residue> &residues() {
  static const std::vector<Residue> all = {
      {"temporary table of the same name",
       {"create temporary table documents (like public.documents)",
        "grant all on documents to public"},
       "select to_regclass('pg_temp.documents') is not null",
       {unclean}},
      {"temporary view of the same name",
       {"create temporary view documents as select * from public.documents"},
       "select to_regclass('pg_temp.documents') is not null",
       {unclean}},
      {"temporary table by SELECT INTO",
       {"select 'b' as code into temporary countries"},
       "select to_regclass('pg_temp.countries') is not null",
       {unclean}},
      {"temporary table in a DO block",
       {"do $$ begin execute 'create temporary table documents (like public.documents)'; end $$"},
       "select to_regclass('pg_temp.documents') is not null",
       {unclean}},
      {"SQL PREPARE",
       {"prepare documents_of_mine as select 'attacker'::text, tenancy.account_key()"},
       "select exists (select from pg_prepared_statements where from_sql)"},
      {"SQL PREPARE under the pooler's statement names",
       {hijack},
       "select exists (select from pg_prepared_statements where from_sql)"},
      // Out of the pooler's sight: it would go on to use what is gone.
      {"DEALLOCATE in a DO block", {"do $$ begin execute 'deallocate all'; end $$"}, nullptr},
      {"DEALLOCATE of the pooler's statements",
       {"deallocate \"PGBOUNCER_1\"", "deallocate \"PGBOUNCER_2\"", "deallocate \"PGBOUNCER_3\"",
        "deallocate \"PGBOUNCER_4\""},
       nullptr},
      {"DEALLOCATE ALL", {"deallocate all"}, nullptr},
      {"DISCARD ALL", {"discard all"}, nullptr},
      {"cursor WITH HOLD",
       {"declare page cursor with hold for select 'attacker'"},
       "select exists (select from pg_cursors where is_holdable)",
       {unclean}},
      {"cursor WITH HOLD over his own rows",
       {"begin", log_in, "declare page cursor with hold for select id, title from documents",
        "commit"},
       nullptr,
       {unclean}},
      setting("search_path", "pg_temp, tenancy"),
      setting("row_security", "off"),
      setting("statement_timeout", "1ms", {"57014"}),
      setting("lock_timeout", "1ms"),
      setting("idle_in_transaction_session_timeout", "1ms", {"25P03", "08006"}),
      setting("role", "saas_app", {unclean}),
      setting("default_transaction_read_only", "on", {"25006"}),
      setting("default_transaction_isolation", "serializable"),
      setting("DateStyle", "SQL, DMY", {}, true),
      setting("standard_conforming_strings", "off", {}, true),
      // Drivers may set it, and the pooler does not track it: it stays, but as a form of values
      // alone.
      {"bytea_output", {"select set_config('bytea_output', 'escape', false)"}, nullptr},
      setting("app.account", "a0000000-0000-4000-8000-000000000001"),
      {"SET search_path",
       {"set search_path = pg_temp, tenancy"},
       "select current_setting('search_path') = 'pg_temp, tenancy'"},
      {"SET ROLE", {"set role saas_app"}, "select current_setting('role') = 'saas_app'", {unclean}},
      {"SET SESSION CHARACTERISTICS",
       {"set session characteristics as transaction read only"},
       "select current_setting('default_transaction_read_only') = 'on'",
       {"25006"}},
      {"LISTEN",
       {"listen documents"},
       "select exists (select from pg_listening_channels())",
       {unclean}},
      {"advisory lock",
       {"select pg_advisory_lock(hashtext(session_user))"},
       "select exists (select from pg_locks where locktype = 'advisory' and pid = "
       "pg_backend_pid())",
       {unclean}},
      {"protocol-level statement of the same name",
       {"deallocate documents_of_mine"},
       nullptr,
       {},
       false,
       false,
       "select 'attacker'::text, tenancy.account_key()"},
      {"login alone", {log_in}, nullptr},
      {"login committed", {"begin", log_in, "select count(*) from documents", "commit"}, nullptr},
      {"login rolled back",
       {"begin", log_in, "select count(*) from documents", "rollback"},
       nullptr},
      {"login in a savepoint rolled back",
       {"begin", "savepoint s", log_in, "rollback to savepoint s", "commit"},
       nullptr},
      {"error after login", {"begin", log_in, "select 1 / 0", "rollback"}, nullptr},
      {"transaction left open",
       {"begin", log_in, "select count(*) from documents"},
       nullptr,
       {},
       false,
       true},
      {"failed transaction left open", {"begin", log_in, "select 1 / 0"}, nullptr, {}, false, true},
      {"cursor left open in a transaction",
       {"begin", log_in, "declare page cursor for select id, title from documents"},
       nullptr,
       {},
       false,
       true},
  };
  return all;
}

}  // namespace bouncer
