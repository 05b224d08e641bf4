#include "pg/shared.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "core/sha256.hpp"
#include "pg/fetch_request.hpp"
#include "pg/judgement.hpp"
#include "pg/report.hpp"
#include "pg/settings.hpp"

namespace tenancy::pg {
namespace {

struct Shared {
  SealKey seal_key;
  Slot slots[FLEXIBLE_ARRAY_MEMBER];
};

constexpr std::size_t min_seal_key_bytes = 32;
constexpr std::size_t max_seal_key_bytes = 4096;

constinit Shared *shared = nullptr;
constinit bool nonce_is_ours = false;
constinit shmem_request_hook_type previous_shmem_request = nullptr;
constinit shmem_startup_hook_type previous_shmem_startup = nullptr;

Size shared_size() {
  return add_size(offsetof(Shared, slots), mul_size(sizeof(Slot), MaxBackends));
}

// Nodes that must accept each other's seals share a file; the key is the hash of its content.
void read_seal_key(const char *path, SealKey &key) {
  const int file = OpenTransientFile(path, O_RDONLY | PG_BINARY);
  if (file < 0)
    ereport(FATAL, (errcode_for_file_access(),
                    errmsg("could not open tenancy.seal_key_file \"%s\": %m", path)));
  struct stat status;
  if (fstat(file, &status) != 0)
    ereport(FATAL, (errcode_for_file_access(),
                    errmsg("could not stat tenancy.seal_key_file \"%s\": %m", path)));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    ereport(FATAL, (errcode(ERRCODE_CONFIG_FILE_ERROR),
                    errmsg("tenancy.seal_key_file \"%s\" is accessible to others", path),
                    errhint("Run chmod 600 on it.")));
  char content[max_seal_key_bytes];
  const ssize_t length = read(file, content, sizeof content);
  CloseTransientFile(file);
  if (length < static_cast<ssize_t>(min_seal_key_bytes))
    ereport(FATAL, (errcode(ERRCODE_CONFIG_FILE_ERROR),
                    errmsg("tenancy.seal_key_file \"%s\" holds less than %zu bytes", path,
                           min_seal_key_bytes),
                    errhint("Make one with: openssl rand -out FILE 64")));
  const auto digest = sha256({content, static_cast<std::size_t>(length)});
  explicit_bzero(content, sizeof content);
  if (!digest)
    ereport(FATAL, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not hash the seal key")));
  key = *digest;
}

void request() {
  if (previous_shmem_request != nullptr) previous_shmem_request();
  RequestAddinShmemSpace(shared_size());
  RequestAddinShmemSpace(judgement_bytes());
  RequestNamedLWLockTranche(judgement_tranche, 1);
  RequestAddinShmemSpace(fetch_requests_size());
  RequestAddinShmemSpace(report_bytes());
  RequestNamedLWLockTranche(report_tranche, 1);
}

void startup() {
  if (previous_shmem_startup != nullptr) previous_shmem_startup();
  bool found = false;
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  shared = static_cast<Shared *>(ShmemInitStruct("pg_tenancy", shared_size(), &found));
  bool requests_found = false;
  void *requests = ShmemInitStruct("pg_tenancy requests", fetch_requests_size(), &requests_found);
  bool judgement_found = false;
  void *judgement = ShmemInitStruct("pg_tenancy signatures", judgement_bytes(), &judgement_found);
  bool report_found = false;
  void *report = ShmemInitStruct("pg_tenancy report", report_bytes(), &report_found);
  LWLockRelease(AddinShmemInitLock);
  if (!report_found) std::memset(report, 0, report_bytes());
  attach_report(report);
  if (!judgement_found) std::memset(judgement, 0, judgement_bytes());
  attach_judgement(judgement);
  if (!requests_found) init_fetch_requests(requests);
  attach_fetch_requests(requests);
  if (found) return;
  std::memset(static_cast<void *>(shared), 0, shared_size());
  if (seal_key_file() != nullptr && seal_key_file()[0] != '\0')
    read_seal_key(seal_key_file(), shared->seal_key);
  else if (!pg_strong_random(shared->seal_key.data(), shared->seal_key.size()))
    ereport(FATAL, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not make a random seal key")));
}

}  // namespace

void install_shared_memory() {
  previous_shmem_request = shmem_request_hook;
  shmem_request_hook = request;
  previous_shmem_startup = shmem_startup_hook;
  shmem_startup_hook = startup;
}

int own_slot_number() noexcept {
  if (shared == nullptr || MyProc == nullptr) return -1;
  const PGPROC *leader = IsParallelWorker() ? MyProc->lockGroupLeader : MyProc;
  if (leader == nullptr) return -1;
  const int number = proc_number(leader);
  return number < MaxBackends ? number : -1;
}

Slot *own_slot() noexcept {
  const int number = own_slot_number();
  if (number < 0) return nullptr;
  Slot *slot = &shared->slots[number];
  if (!IsParallelWorker() && !nonce_is_ours) {
    if (!pg_strong_random(slot->nonce.data(), slot->nonce.size())) return nullptr;
    slot->ended_till = slot->transactions_till = 0;
    nonce_is_ours = true;
  }
  return slot;
}

const SealKey &seal_key() noexcept {
  return shared->seal_key;
}

}  // namespace tenancy::pg
