// HTTPS by libcurl: small documents, several at a time, none waited for. The only file that sees
// libcurl. It sees no server header: nothing in it can raise, and plain data leaves it.
//
// Certificate and host are verified, TLS 1.2 or newer. Only public addresses are connected to (the
// address itself is judged, so a name that resolves differently each time gains nothing). No
// redirect is followed, no proxy, cookie, password or other protocol is used. Everything is
// bounded: see the constants.
//
// libcurl resolves names in threads; all signals are blocked in them, so that the server's handlers
// run in the process' one thread alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tenancy::pg {

inline constexpr std::size_t max_transfers = 32;
inline constexpr std::size_t max_body_bytes = std::size_t{1024} * 1024;
inline constexpr std::size_t max_header_bytes = std::size_t{32} * 1024;
inline constexpr std::size_t max_etag_bytes = 256;    // longer ones are ignored
inline constexpr std::int64_t connect_seconds = 5;    // name, connection and TLS
inline constexpr std::int64_t transfer_seconds = 10;  // all of it

// Why no document came. docs/keys.md lists the same rows, held to this table by a test.
// clang-format off
#define TENANCY_FETCH_FAULTS(X)                                                   \
  X(bad_address,         "the address is no https address")                       \
  X(name_not_resolved,   "the host's name does not resolve")                      \
  X(address_refused,     "the host's address is not public")                      \
  X(not_connected,       "no connection to the host")                             \
  X(tls_failed,          "no TLS session with the host")                          \
  X(certificate_refused, "the host's certificate does not verify")                \
  X(timed_out,           "no whole answer in time")                               \
  X(broken_off,          "the connection broke off, or spoke no HTTP")            \
  X(too_large,           "the answer is larger than allowed")                     \
  X(redirected,          "the answer is a redirect, which is not followed")       \
  X(http_status,         "the answer's status is not 200")                        \
  X(failed,              "libcurl failed: out of memory, no such CA file")
// clang-format on

enum class FetchFault : std::uint8_t {
  none,
#define X(name, meaning) name,
  TENANCY_FETCH_FAULTS(X)
#undef X
};

// The stable name of a fault: "timed_out". Never null.
const char *fetch_fault_name(FetchFault fault) noexcept;

struct FetchRules {
  const char *ca_file;           // certificates to trust instead of the system's; null: those
  bool allow_private_addresses;  // for key servers within one's own network
};

struct Fetcher;
struct Transfer;

// Null without memory. Each process makes its own; it ends with the process.
Fetcher *make_fetcher() noexcept;

// Starts a GET; etag makes it conditional, empty: not. Null if max_transfers are under way, or
// without memory. The result is to be released.
Transfer *start_transfer(Fetcher &fetcher, const char *address, std::string_view etag,
                         const FetchRules &rules) noexcept;
void release(Transfer *transfer) noexcept;  // under way or not; null is allowed

// Whether the transfer has ended, well or not. What it tells holds until it is released.
bool has_ended(const Transfer &transfer) noexcept;
struct Answer {
  FetchFault fault;
  int status;             // of HTTP, if fault is http_status or redirected
  bool not_modified;      // 304: the document with the etag given is current; there is no body
  std::string_view body;  // as sent: never decompressed
  std::string_view etag;  // empty if there is none
  std::optional<std::int64_t> fresh_seconds;  // by Cache-Control
};
Answer answer_of(const Transfer &transfer) noexcept;

// For the caller's loop: wait for any of these sockets, at most this long, then advance.
struct Watched {
  int socket;
  bool read;
  bool write;
};
std::span<const Watched> watched_sockets(const Fetcher &fetcher) noexcept;
std::int64_t wait_milliseconds(const Fetcher &fetcher) noexcept;  // -1: no need to advance

// Advances what is ready. With socket -1 only what is due by time.
void advance(Fetcher &fetcher, int socket, bool readable, bool writable) noexcept;

}  // namespace tenancy::pg
