// Start here for the glue: what the library installs when the server loads it, in order.
#include "pg/column_rules.hpp"
#include "pg/expiry.hpp"
#include "pg/extension.hpp"
#include "pg/fetch_request.hpp"
#include "pg/guard.hpp"
#include "pg/hygiene.hpp"
#include "pg/managed_table.hpp"
#include "pg/oauth.hpp"
#include "pg/pool.hpp"
#include "pg/report.hpp"
#include "pg/residue.hpp"
#include "pg/revocation.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"
#include "pg/shared.hpp"
#include "pg/test_mode.hpp"
#include "pg/trust.hpp"
#include "pg/worker.hpp"

extern "C" {

MODULE_MAGIC("pg_tenancy", TENANCY_VERSION);

PGDLLEXPORT void _PG_init(void);

// The first minor release of each major version with all known fixes to row level security.
static void warn_of_old_release() {
  static constexpr int fixed[] = {150020, 160016, 170012, 180007};
  const int running = atoi(GetConfigOption("server_version_num", false, false));
  for (const int release : fixed)
    if (running / 10000 == release / 10000 && running < release)
      ereport(WARNING, (errmsg("PostgreSQL %s lacks fixes to row level security",
                               GetConfigOption("server_version", false, false)),
                        errhint("Update to %d.%d or later.", release / 10000, release % 10000)));
}

void _PG_init(void) {
  if (!process_shared_preload_libraries_in_progress)
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("pg_tenancy must be loaded by shared_preload_libraries"),
                    errhint("Add pg_tenancy to shared_preload_libraries in postgresql.conf and "
                            "restart the server.")));
  warn_of_old_release();
  tenancy::pg::define_settings();
  tenancy::pg::install_test_mode();
  tenancy::pg::install_shared_memory();
  tenancy::pg::install_own_sql();
  tenancy::pg::install_trust();
  tenancy::pg::install_pools();
  tenancy::pg::install_revocation();
  tenancy::pg::install_fetch_requests();
  tenancy::pg::register_workers();
  tenancy::pg::install_session();
  tenancy::pg::install_expiry();
  tenancy::pg::install_guard();
  tenancy::pg::install_managed_tables();
  tenancy::pg::install_column_rules();
  tenancy::pg::install_report();
  tenancy::pg::install_residue();
  tenancy::pg::install_oauth();
  tenancy::pg::install_hygiene();
}

}  // extern "C"
