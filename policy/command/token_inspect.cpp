// `tenancy token inspect`: what a token says, whoever wrote it.
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include "core/base64url.hpp"
#include "core/json.hpp"
#include "core/verify.hpp"
#include "policy/command/input.hpp"
#include "policy/command/judge.hpp"
#include "policy/command/token.hpp"

namespace tenancy::policy {
namespace {

constexpr std::size_t max_shown_bytes = std::size_t{1024} * 1024;

// JSON for a terminal: control characters beyond ASCII, which JSON leaves as they are, escaped.
std::string printable(std::string_view json) {
  std::string out;
  for (std::size_t i = 0; i < json.size(); i++) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto next = i + 1 < json.size() ? static_cast<unsigned char>(json[i + 1]) : 0;
    if (byte == 0x7f) {
      out += "\\u007f";
    } else if (byte == 0xc2 && next < 0xa0) {
      out += fmt::format("\\u{:04x}", next);
      i++;
    } else {
      out += json[i];
    }
  }
  return out;
}

std::vector<std::string_view> segments_of(std::string_view text) {
  std::vector<std::string_view> segments;
  for (std::size_t start = 0;;) {
    const std::size_t dot = text.find('.', start);
    segments.push_back(text.substr(start, dot - start));
    if (dot == text.npos) return segments;
    start = dot + 1;
  }
}

// The JSON object that a segment holds; nothing if it holds none, after saying what it holds.
std::optional<JsonDocument> show(const char *title, std::string_view segment) {
  const auto bytes = base64url_decode(segment);
  auto document = bytes ? JsonDocument::parse(*bytes) : std::nullopt;
  std::string json;
  if (document) append_json(json, document->root());
  fmt::print("{:<10} {}\n", title,
             !bytes      ? fmt::format("not base64url: {} characters", segment.size())
             : !document ? fmt::format("not one strict JSON object: {} bytes", bytes->size())
                         : printable(json));
  return document;
}

void show_date(Json claims, const char *name) {
  const Json claim = claims[name];
  const double seconds =
      claim.is(JsonType::integer) ? static_cast<double>(claim.integer()) : claim.real();
  const bool in_range = seconds >= 0 && seconds <= 253402300799.0;
  if ((!claim.is(JsonType::integer) && !claim.is(JsonType::real)) || !in_range) return;
  const auto time = static_cast<std::time_t>(seconds);
  const auto distance = static_cast<long long>(time) - static_cast<long long>(std::time(nullptr));
  fmt::print("{:<10} {:%Y-%m-%d %H:%M:%S} UTC, {} seconds {}\n", name, fmt::gmtime(time),
             std::llabs(distance), distance < 0 ? "ago" : "from now");
}

void inspect(const std::string &argument) {
  const std::string text = read_token(argument, max_shown_bytes);
  fmt::print(stderr,
             "warning: nothing was verified; anyone can write what follows (see tenancy token "
             "verify)\n");
  const auto segments = segments_of(text);
  if (segments.size() > 1) {
    show("header", segments[0]);
    const auto claims = show("claims", segments[1]);
    if (claims) {
      for (const char *name : {"iat", "nbf", "exp"}) show_date(claims->root(), name);
    }
  }
  if (segments.size() == 3) {
    const auto signature = base64url_decode(segments[2]);
    fmt::print("{:<10} {}\n", "signature",
               signature ? fmt::format("{} bytes", signature->size()) : "not base64url");
  }
  const ParsedToken parsed = parse(text);
  const OwnedToken token(parsed.token);
  fmt::print("{:<10} {}\n", "form",
             token ? "well formed; see above, nothing was verified"
                   : fmt::format("refused whatever the key: {}: {}", refusal_name(parsed.refusal),
                                 refusal_meaning(parsed.refusal)));
}

}  // namespace

void add_token_inspect(CLI::App &token) {
  const auto argument = std::make_shared<std::string>("-");
  CLI::App *const app = token.add_subcommand("inspect", "Show what a token says, unverified");
  app->add_option("token", *argument,
                  "The token; - or nothing reads standard input, which keeps it out of the list "
                  "of processes")
      ->type_name("TOKEN");
  app->footer(
      R"(Verifies nothing: anyone can write a token that says anything. Shows header, claims and
dates, and whether the verifier would refuse the form whatever the key.

Example:
  tenancy token mint --key dev.pem --subject alice | tenancy token inspect)");
  app->callback([argument] { inspect(*argument); });
}

}  // namespace tenancy::policy
