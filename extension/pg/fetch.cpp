#include "pg/fetch.hpp"

#include <curl/curl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "core/address.hpp"
#include "core/discovery.hpp"

namespace tenancy::pg {

struct Transfer {
  Fetcher *fetcher;
  CURL *handle;  // null: this place is free
  curl_slist *headers;
  char *body;
  std::size_t body_bytes;
  std::size_t body_capacity;
  std::size_t header_bytes;
  char etag[max_etag_bytes];
  std::size_t etag_bytes;
  std::optional<std::int64_t> fresh_seconds;
  CURLcode result;
  long status;
  bool allow_private_addresses;
  bool was_refused_address;
  bool was_too_large;
  bool is_conditional;
  bool has_ended;
};

// curl watches at most two sockets of a transfer (two families are tried at once) and one of its
// resolver.
constexpr std::size_t max_sockets = 4 * max_transfers;

struct Fetcher {
  CURLM *multi;
  Transfer transfers[max_transfers];
  Watched sockets[max_sockets];
  std::size_t socket_count;
  std::int64_t due_at;  // by the monotonic clock, in milliseconds; -1: never
};

namespace {

std::int64_t monotonic_milliseconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

// Threads that libcurl starts inherit the mask.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked &) = delete;
  SignalsBlocked &operator=(const SignalsBlocked &) = delete;

 private:
  sigset_t before_;
};

// --- what libcurl calls
// ----------------------------------------------------------------------------

int on_socket(CURL *, curl_socket_t socket, int what, void *user, void *) noexcept {
  auto &fetcher = *static_cast<Fetcher *>(user);
  Watched *const end = fetcher.sockets + fetcher.socket_count;
  Watched *const found =
      std::find_if(fetcher.sockets, end, [socket](const Watched &w) { return w.socket == socket; });
  if (what == CURL_POLL_REMOVE) {
    if (found == end) return 0;
    *found = *(end - 1);
    --fetcher.socket_count;
    return 0;
  }
  if (found == end) {
    if (fetcher.socket_count == max_sockets) return -1;
    ++fetcher.socket_count;
  }
  *found = {socket, (what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0};
  return 0;
}

int on_timer(CURLM *, long milliseconds, void *user) noexcept {
  static_cast<Fetcher *>(user)->due_at =
      milliseconds < 0 ? -1 : monotonic_milliseconds() + milliseconds;
  return 0;
}

bool is_public(const curl_sockaddr &address) noexcept {
  const auto *bytes = reinterpret_cast<const std::uint8_t *>(&address.addr);
  if (address.family == AF_INET && address.addrlen >= sizeof(sockaddr_in))
    return is_public_address({bytes + offsetof(sockaddr_in, sin_addr), 4});
  if (address.family == AF_INET6 && address.addrlen >= sizeof(sockaddr_in6))
    return is_public_address({bytes + offsetof(sockaddr_in6, sin6_addr), 16});
  return false;
}

// Called with the very address that is connected to.
curl_socket_t on_open(void *user, curlsocktype, curl_sockaddr *address) noexcept {
  auto &transfer = *static_cast<Transfer *>(user);
  if (!transfer.allow_private_addresses && !is_public(*address)) {
    transfer.was_refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t on_body(char *data, std::size_t, std::size_t bytes, void *user) noexcept {
  auto &transfer = *static_cast<Transfer *>(user);
  if (bytes > max_body_bytes - transfer.body_bytes) {
    transfer.was_too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  if (transfer.body_bytes + bytes > transfer.body_capacity) {
    const std::size_t capacity = std::clamp(2 * transfer.body_capacity, transfer.body_bytes + bytes,
                                            std::max(max_body_bytes, bytes));
    auto *grown = static_cast<char *>(std::realloc(transfer.body, capacity));
    if (grown == nullptr) return CURL_WRITEFUNC_ERROR;
    transfer.body = grown;
    transfer.body_capacity = capacity;
  }
  std::memcpy(transfer.body + transfer.body_bytes, data, bytes);
  transfer.body_bytes += bytes;
  return bytes;
}

// The value of the header line, if it has that name.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) noexcept {
  if (line.size() <= name.size() || line[name.size()] != ':') return {};
  for (std::size_t i = 0; i < name.size(); ++i)
    if ((line[i] | 0x20) != name[i]) return {};
  constexpr std::string_view blank = " \t\r\n";
  line.remove_prefix(name.size() + 1);
  const auto first = line.find_first_not_of(blank);
  if (first == std::string_view::npos) return std::string_view{};
  return line.substr(first, line.find_last_not_of(blank) - first + 1);
}

// An etag goes back to the server in a header line of ours, and into a table: printable ASCII.
bool is_plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
}

std::size_t on_header(char *data, std::size_t, std::size_t bytes, void *user) noexcept {
  auto &transfer = *static_cast<Transfer *>(user);
  transfer.header_bytes += bytes;
  if (transfer.header_bytes > max_header_bytes) {
    transfer.was_too_large = true;
    return CURL_WRITEFUNC_ERROR;
  }
  const std::string_view line(data, bytes);
  if (line.starts_with("HTTP/")) {  // the headers of an interim answer (100) do not count
    transfer.etag_bytes = 0;
    transfer.fresh_seconds.reset();
  } else if (const auto cache_control = value_of(line, "cache-control")) {
    const auto fresh = freshness_of(*cache_control);
    if (fresh && (!transfer.fresh_seconds || *fresh < *transfer.fresh_seconds))
      transfer.fresh_seconds = fresh;
  } else if (const auto etag = value_of(line, "etag")) {
    transfer.etag_bytes = etag->size() > max_etag_bytes || !is_plain(*etag) ? 0 : etag->size();
    std::copy_n(etag->data(), transfer.etag_bytes, transfer.etag);
  }
  return bytes;
}

// --- a transfer
// ------------------------------------------------------------------------------------

bool add_header(Transfer &transfer, const char *line) noexcept {
  curl_slist *longer = curl_slist_append(transfer.headers, line);
  if (longer == nullptr) return false;
  transfer.headers = longer;
  return true;
}

bool add_headers(Transfer &transfer, std::string_view etag) noexcept {
  if (!add_header(transfer, "Accept: application/jwk-set+json, application/json")) return false;
  if (etag.empty() || etag.size() > max_etag_bytes || !is_plain(etag)) return true;
  char line[max_etag_bytes + sizeof "If-None-Match: "];
  const int length = std::snprintf(line, sizeof line, "If-None-Match: %.*s",
                                   static_cast<int>(etag.size()), etag.data());
  transfer.is_conditional = length > 0;
  return add_header(transfer, line);
}

// What an option cannot be set to makes the transfer fail: a limit that is not in force is none.
bool configure(Transfer &transfer, const char *address, const FetchRules &rules) noexcept {
  bool all = true;
  const auto set = [&transfer, &all](CURLoption option, auto value) {
    all = curl_easy_setopt(transfer.handle, option, value) == CURLE_OK && all;
  };
  set(CURLOPT_URL, address);
  set(CURLOPT_PRIVATE, &transfer);
  set(CURLOPT_HTTPHEADER, transfer.headers);
  set(CURLOPT_USERAGENT, "pg_tenancy");
  set(CURLOPT_PROTOCOLS_STR, "https");
  set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROXY, "");  // nor one from the environment
  set(CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_HTTP09_ALLOWED, 0L);
  set(CURLOPT_ACCEPT_ENCODING, static_cast<const char *>(nullptr));
  set(CURLOPT_HTTP_CONTENT_DECODING, 0L);

  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (rules.ca_file != nullptr) {
    set(CURLOPT_CAINFO, rules.ca_file);
    set(CURLOPT_CAPATH, static_cast<const char *>(nullptr));
  }

  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a resolver that hangs is left behind, not waited for
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect_seconds * 1000));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(transfer_seconds * 1000));
  set(CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(max_body_bytes));
  set(CURLOPT_FRESH_CONNECT, 1L);
  set(CURLOPT_FORBID_REUSE, 1L);
  set(CURLOPT_DNS_CACHE_TIMEOUT, 0L);

  set(CURLOPT_OPENSOCKETFUNCTION, &on_open);
  set(CURLOPT_OPENSOCKETDATA, &transfer);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, &transfer);
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, &transfer);
  return all;
}

void note_ended(Fetcher &fetcher) noexcept {
  int left = 0;
  while (const CURLMsg *message = curl_multi_info_read(fetcher.multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *handle = message->easy_handle;
    Transfer *transfer = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &transfer);
    transfer->result = message->data.result;
    transfer->has_ended = true;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &transfer->status);
    curl_multi_remove_handle(fetcher.multi, handle);
  }
}

FetchFault fault_of(const Transfer &transfer) noexcept {
  if (transfer.was_too_large) return FetchFault::too_large;
  switch (transfer.result) {
    case CURLE_OK:
      break;
    case CURLE_URL_MALFORMAT:
      return FetchFault::bad_address;
    case CURLE_COULDNT_RESOLVE_HOST:
      return FetchFault::name_not_resolved;
    case CURLE_COULDNT_CONNECT:
      return transfer.was_refused_address ? FetchFault::address_refused : FetchFault::not_connected;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
      return FetchFault::tls_failed;
    case CURLE_PEER_FAILED_VERIFICATION:
      return FetchFault::certificate_refused;
    case CURLE_OPERATION_TIMEDOUT:
      return FetchFault::timed_out;
    case CURLE_FILESIZE_EXCEEDED:
      return FetchFault::too_large;
    case CURLE_UNSUPPORTED_PROTOCOL:  // an answer without status, as of HTTP/0.9
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_BAD_CONTENT_ENCODING:
      return FetchFault::broken_off;
    default:
      return FetchFault::failed;
  }
  if (transfer.status == 200 || (transfer.status == 304 && transfer.is_conditional))
    return FetchFault::none;
  return transfer.status >= 300 && transfer.status < 400 && transfer.status != 304
             ? FetchFault::redirected
             : FetchFault::http_status;
}

}  // namespace

const char *fetch_fault_name(FetchFault fault) noexcept {
  static constexpr const char *names[] = {"none",
#define X(name, meaning) #name,
                                          TENANCY_FETCH_FAULTS(X)
#undef X
  };
  return names[static_cast<std::size_t>(fault)];
}

Fetcher *make_fetcher() noexcept {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return nullptr;
  auto *fetcher = static_cast<Fetcher *>(std::calloc(1, sizeof(Fetcher)));
  if (fetcher == nullptr) return nullptr;
  fetcher->due_at = -1;
  fetcher->multi = curl_multi_init();
  if (fetcher->multi == nullptr) {
    std::free(fetcher);
    return nullptr;
  }
  curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
  curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
  return fetcher;
}

Transfer *start_transfer(Fetcher &fetcher, const char *address, std::string_view etag,
                         const FetchRules &rules) noexcept {
  Transfer *const end = std::end(fetcher.transfers);
  Transfer *const place = std::find_if(std::begin(fetcher.transfers), end,
                                       [](const Transfer &t) { return t.handle == nullptr; });
  if (place == end) return nullptr;
  const SignalsBlocked blocked;
  Transfer &transfer = *place;
  transfer = Transfer{};
  transfer.fetcher = &fetcher;
  transfer.allow_private_addresses = rules.allow_private_addresses;
  transfer.handle = curl_easy_init();
  if (transfer.handle == nullptr) return nullptr;
  if (!add_headers(transfer, etag) || !configure(transfer, address, rules) ||
      curl_multi_add_handle(fetcher.multi, transfer.handle) != CURLM_OK) {
    transfer.result = CURLE_FAILED_INIT;
    transfer.has_ended = true;
  }
  return &transfer;
}

void release(Transfer *transfer) noexcept {
  if (transfer == nullptr || transfer->handle == nullptr) return;
  const SignalsBlocked blocked;
  if (!transfer->has_ended) curl_multi_remove_handle(transfer->fetcher->multi, transfer->handle);
  curl_easy_cleanup(transfer->handle);
  curl_slist_free_all(transfer->headers);
  std::free(transfer->body);
  *transfer = Transfer{};
}

bool has_ended(const Transfer &transfer) noexcept {
  return transfer.has_ended;
}

Answer answer_of(const Transfer &transfer) noexcept {
  Answer answer{};
  answer.fault = fault_of(transfer);
  answer.status = static_cast<int>(transfer.status);
  if (answer.fault != FetchFault::none) return answer;
  answer.not_modified = transfer.status == 304;
  answer.body = {transfer.body, transfer.body_bytes};
  answer.etag = {transfer.etag, transfer.etag_bytes};
  answer.fresh_seconds = transfer.fresh_seconds;
  return answer;
}

std::span<const Watched> watched_sockets(const Fetcher &fetcher) noexcept {
  return {fetcher.sockets, fetcher.socket_count};
}

std::int64_t wait_milliseconds(const Fetcher &fetcher) noexcept {
  if (fetcher.due_at < 0) return -1;
  return std::max<std::int64_t>(fetcher.due_at - monotonic_milliseconds(), 0);
}

void advance(Fetcher &fetcher, int socket, bool readable, bool writable) noexcept {
  const SignalsBlocked blocked;
  int running = 0;
  if (socket >= 0) {
    const int ready = (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(fetcher.multi, socket, ready, &running);
  }
  if (wait_milliseconds(fetcher) == 0) {
    fetcher.due_at = -1;
    curl_multi_socket_action(fetcher.multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  note_ended(fetcher);
}

}  // namespace tenancy::pg
