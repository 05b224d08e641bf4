// The only file that includes server headers, and the first include of every file in this
// directory. It also holds every difference between server versions, each with the upstream commit.
#pragma once

// C++ headers first: postgres.h redefines snprintf, printf and _ as macros.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wregister"
#pragma GCC diagnostic ignored "-Wunused-parameter"
extern "C" {
#include "postgres.h"
//
#include "access/genam.h"
#include "access/parallel.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/objectaccess.h"
#include "catalog/partition.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#if PG_VERSION_NUM >= 180000  // which has OAuth (b3f0be788a)
#define HAS_OAUTH
#include "libpq/oauth.h"
#endif
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parse_expr.h"
#include "parser/parse_func.h"
#include "parser/parser.h"
#include "pgstat.h"
#include "port/atomics.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "replication/logicalworker.h"
#include "replication/walsender.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rowsecurity.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/backend_status.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"
#include "utils/varlena.h"
#include "utils/wait_event.h"
}
#pragma GCC diagnostic pop

#if PG_VERSION_NUM < 150000
#error "pg_tenancy needs PostgreSQL 15 or newer"
#endif

namespace tenancy::pg {

// 16 gave GUC values a memory context of their own, and with it guc_malloc() for hooks
// (407b50f2d4); before, a check hook's extra is freed with free().
inline void *guc_extra_alloc(std::size_t size) noexcept {
#if PG_VERSION_NUM >= 160000
  return guc_malloc(LOG, size);
#else
  return malloc(size);
#endif
}

inline void guc_extra_free(void *extra) noexcept {
#if PG_VERSION_NUM >= 160000
  guc_free(extra);
#else
  free(extra);
#endif
}

// 16 keeps settings in a hash table, of which it gives a palloc'd array (3057465acf).
inline std::span<config_generic *const> all_settings() {
#if PG_VERSION_NUM >= 160000
  int count = 0;
  config_generic **settings = get_guc_variables(&count);
  return {settings, static_cast<std::size_t>(count)};
#else
  return {get_guc_variables(), static_cast<std::size_t>(GetNumConfigOptions())};
#endif
}

// 17 took the number of a PGPROC out of the struct (024c521117).
inline int proc_number(const PGPROC *proc) noexcept {
#if PG_VERSION_NUM >= 170000
  return GetNumberFromPGProc(proc);
#else
  return proc->pgprocno;
#endif
}

// 17 binds a wait event set to a resource owner, no longer to a memory context (50c67c2019).
inline WaitEventSet *create_wait_event_set(int events) {
#if PG_VERSION_NUM >= 170000
  return CreateWaitEventSet(nullptr, events);
#else
  return CreateWaitEventSet(CurrentMemoryContext, events);
#endif
}

// 18 lets a library say its name and version (9324c8c580).
#if PG_VERSION_NUM >= 180000
#define MODULE_MAGIC(name_, version_) PG_MODULE_MAGIC_EXT(.name = name_, .version = version_)
#else
#define MODULE_MAGIC(name_, version_) PG_MODULE_MAGIC
#endif

// 18 took execute_once from ExecutorRun and its hook (3eea7a0c97).
#if PG_VERSION_NUM >= 180000
#define EXECUTOR_RUN_PARAMETERS QueryDesc *query, ScanDirection direction, uint64 count
#define EXECUTOR_RUN_ARGUMENTS query, direction, count
#else
#define EXECUTOR_RUN_PARAMETERS \
  QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define EXECUTOR_RUN_ARGUMENTS query, direction, count, execute_once
#endif

// 16 moved what a statement asks of a relation from the range table to a list of its own
// (a61b1f7482); the fields have the same names.
#if PG_VERSION_NUM >= 160000
#define CHECK_PERMS_PARAMETERS List *range_table, List *permissions, bool raises
#define CHECK_PERMS_ARGUMENTS range_table, permissions, raises
#define CHECK_PERMS_LIST permissions
using Permission = RTEPermissionInfo;
inline bool is_of_relation(const Permission &) noexcept {
  return true;
}
#else
#define CHECK_PERMS_PARAMETERS List *range_table, bool raises
#define CHECK_PERMS_ARGUMENTS range_table, raises
#define CHECK_PERMS_LIST range_table
using Permission = RangeTblEntry;
inline bool is_of_relation(const Permission &permission) noexcept {
  return permission.rtekind == RTE_RELATION;
}
#endif

// Seconds since 1970, as tokens count, from and to the server's microseconds since 2000.
inline constexpr std::int64_t unix_to_postgres_seconds =
    static_cast<std::int64_t>(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;

inline std::int64_t unix_now() noexcept {
  return GetCurrentTimestamp() / USECS_PER_SEC + unix_to_postgres_seconds;
}

// A time past what a timestamp holds is shown as infinity.
inline TimestampTz timestamp_of_unix(std::int64_t seconds) noexcept {
  constexpr std::int64_t last = (END_TIMESTAMP - 1) / USECS_PER_SEC;
  return seconds - unix_to_postgres_seconds > last
             ? DT_NOEND
             : (seconds - unix_to_postgres_seconds) * USECS_PER_SEC;
}

}  // namespace tenancy::pg
