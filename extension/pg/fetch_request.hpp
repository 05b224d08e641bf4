// How backends ask a worker to fetch an issuer's keys: fixed-size shared memory, and its latch.
//
// No lock: a request is one atomic word. Nobody waits, and what is full is full: the next login
// with an unknown key asks again.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// tenancy.databases as listed, valid for the life of the process. Called in _PG_init for the first
// time.
std::span<const char *const> served_databases();

// For pg/shared.cpp: the memory, one mailbox for each served database.
Size fetch_requests_size();
void init_fetch_requests(void *memory);    // once, when the memory is new
void attach_fetch_requests(void *memory);  // in every process

// The issuer's keys are wanted: a token names a key that its set lacks. False if no worker serves
// this database now. Neither raises, waits nor allocates; asking again changes nothing until the
// worker has begun to fetch.
bool request_fetch(std::string_view issuer) noexcept;

// Has the worker look at its tables again when this transaction commits. False as above.
bool wake_worker_at_commit() noexcept;
void install_fetch_requests();  // once, from _PG_init

// --- the worker's side
// -----------------------------------------------------------------------------

// Makes this process the one that serves the mailbox, until it ends.
void serve_mailbox(std::size_t mailbox);

// What an issuer is called in requests: hashtextextended(issuer, 0) in SQL.
using IssuerHash = std::int64_t;
IssuerHash issuer_hash(std::string_view issuer) noexcept;

// The requests that wait, in out; how many there are.
std::size_t waiting_requests(std::span<IssuerHash> out) noexcept;
inline constexpr std::size_t max_requests = 1024;

// The fetch begins: later requests count as new.
void take_request(IssuerHash issuer) noexcept;

}  // namespace tenancy::pg
