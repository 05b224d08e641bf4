#include "pg/fetch_request.hpp"

#include "pg/settings.hpp"

namespace tenancy::pg {
namespace {

// A request waits in one of a few places that its hash decides, so that neither looking for it nor
// finding all places taken costs more than that.
constexpr std::size_t places = 8;
constexpr std::uint64_t nobody = 0;  // in Mailbox::worker

struct Mailbox {
  pg_atomic_uint32 database;                // Oid; 0 until a worker has served it
  pg_atomic_uint64 worker;                  // number of its PGPROC plus one
  pg_atomic_uint64 requests[max_requests];  // IssuerHash; 0: none
};

constinit Mailbox *mailboxes = nullptr;
constinit Mailbox *served = nullptr;  // by this process
constinit bool wake_wanted = false;

constinit const char *const *databases = nullptr;
constinit std::size_t database_count = 0;

Mailbox *mailbox_of(Oid database) noexcept {
  for (std::size_t i = 0; mailboxes != nullptr && i < database_count; ++i)
    if (pg_atomic_read_u32(&mailboxes[i].database) == database &&
        pg_atomic_read_u64(&mailboxes[i].worker) != nobody)
      return &mailboxes[i];
  return nullptr;
}

// A PGPROC is never freed: at worst its next owner is woken for nothing.
bool wake(Mailbox *mailbox) noexcept {
  if (mailbox == nullptr) return false;
  const std::uint64_t worker = pg_atomic_read_u64(&mailbox->worker);
  if (worker == nobody) return false;
  SetLatch(&GetPGProcByNumber(static_cast<int>(worker - 1))->procLatch);
  return true;
}

void on_transaction_end(XactEvent event, void *) {
  if (!wake_wanted) return;
  if (event == XACT_EVENT_COMMIT) wake(mailbox_of(MyDatabaseId));
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
    wake_wanted = false;
}

void leave_mailbox(int, Datum) {
  if (served != nullptr) pg_atomic_write_u64(&served->worker, nobody);
}

std::uint64_t word_of(IssuerHash issuer) noexcept {
  const auto word = static_cast<std::uint64_t>(issuer);
  return word == 0 ? 1 : word;
}

pg_atomic_uint64 *place_of(Mailbox &mailbox, std::uint64_t word, std::size_t probe) noexcept {
  return &mailbox.requests[(word + probe) % max_requests];
}

}  // namespace

std::span<const char *const> served_databases() {
  if (databases != nullptr) return {databases, database_count};
  const MemoryContext outer = MemoryContextSwitchTo(TopMemoryContext);
  List *names = NIL;
  if (!SplitIdentifierString(pstrdup(databases_setting()), ',', &names))
    ereport(FATAL, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("tenancy.databases is no list of database names"),
                    errhint("Separate the names by commas; quote what is not in lower case.")));
  auto *list = static_cast<const char **>(
      palloc(sizeof(char *) * static_cast<std::size_t>(Max(list_length(names), 1))));
  std::size_t count = 0;
  ListCell *cell = nullptr;
  foreach (cell, names) list[count++] = static_cast<const char *>(lfirst(cell));
  MemoryContextSwitchTo(outer);
  database_count = count;
  databases = list;
  return {databases, database_count};
}

Size fetch_requests_size() {
  return mul_size(sizeof(Mailbox), served_databases().size());
}

void init_fetch_requests(void *memory) {
  auto *fresh = static_cast<Mailbox *>(memory);
  for (std::size_t i = 0; i < served_databases().size(); ++i) {
    pg_atomic_init_u32(&fresh[i].database, InvalidOid);
    pg_atomic_init_u64(&fresh[i].worker, nobody);
    for (auto &request : fresh[i].requests) pg_atomic_init_u64(&request, 0);
  }
}

void attach_fetch_requests(void *memory) {
  mailboxes = static_cast<Mailbox *>(memory);
}

bool request_fetch(std::string_view issuer) noexcept {
  Mailbox *mailbox = mailbox_of(MyDatabaseId);
  if (mailbox == nullptr) return false;
  const std::uint64_t word = word_of(issuer_hash(issuer));
  for (std::size_t probe = 0; probe < places; ++probe)
    if (pg_atomic_read_u64(place_of(*mailbox, word, probe)) == word) return true;
  for (std::size_t probe = 0; probe < places; ++probe) {
    std::uint64_t none = 0;
    if (!pg_atomic_compare_exchange_u64(place_of(*mailbox, word, probe), &none, word)) continue;
    return wake(mailbox);
  }
  return true;  // all places wait for the worker already
}

bool wake_worker_at_commit() noexcept {
  if (mailbox_of(MyDatabaseId) == nullptr) return false;
  wake_wanted = true;
  return true;
}

void install_fetch_requests() {
  served_databases();
  RegisterXactCallback(on_transaction_end, nullptr);
}

void serve_mailbox(std::size_t mailbox) {
  Mailbox &mine = mailboxes[mailbox];
  for (auto &request : mine.requests) pg_atomic_write_u64(&request, 0);
  before_shmem_exit(leave_mailbox, 0);
  served = &mine;
  pg_atomic_write_u32(&mine.database, MyDatabaseId);
  pg_memory_barrier();
  pg_atomic_write_u64(&mine.worker, static_cast<std::uint64_t>(proc_number(MyProc)) + 1);
}

IssuerHash issuer_hash(std::string_view issuer) noexcept {
  return static_cast<IssuerHash>(hash_bytes_extended(
      reinterpret_cast<const unsigned char *>(issuer.data()), static_cast<int>(issuer.size()), 0));
}

std::size_t waiting_requests(std::span<IssuerHash> out) noexcept {
  std::size_t count = 0;
  for (auto &request : served->requests) {
    const std::uint64_t word = pg_atomic_read_u64(&request);
    if (word != 0 && count < out.size()) out[count++] = static_cast<IssuerHash>(word);
  }
  return count;
}

void take_request(IssuerHash issuer) noexcept {
  const std::uint64_t word = word_of(issuer);
  for (std::size_t probe = 0; probe < places; ++probe) {
    std::uint64_t expected = word;
    pg_atomic_compare_exchange_u64(place_of(*served, word, probe), &expected, 0);
  }
}

}  // namespace tenancy::pg
