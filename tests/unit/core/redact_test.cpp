#include "core/redact.hpp"

#include <catch2/catch.hpp>
#include <string>

using tenancy::has_token;
using tenancy::redact_tokens;

namespace {

const std::string header = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ";
const std::string claims = "eyJzdWIiOiJhbm4iLCJleHAiOjF9";
const std::string token = header + "." + claims + ".c2lnbmF0dXJl";

std::string redacted(std::string text) {
  redact_tokens(text);
  return text;
}

std::string stars(const std::string &text) {
  return std::string(text.size(), '*');
}

}  // namespace

TEST_CASE("a token is hidden wherever it stands") {
  CHECK(redacted(token) == stars(token));
  CHECK(redacted("select tenancy.login('" + token + "')") ==
        "select tenancy.login('" + stars(token) + "')");
  CHECK(redacted("parameters: $1 = '" + token + "', $2 = 'x'") ==
        "parameters: $1 = '" + stars(token) + "', $2 = 'x'");
  CHECK(redacted(token + " " + token) == stars(token) + " " + stars(token));
  CHECK(redacted("token=" + token + ";") == "token=" + stars(token) + ";");
}

TEST_CASE("so is one that is not whole") {
  CHECK(redacted(header + "." + claims) == stars(header + "." + claims));
  CHECK(redacted(header + "." + claims + ".") == stars(header + "." + claims + "."));
  CHECK(redacted(token + ".more.segments") == stars(token + ".more.segments"));
  CHECK(redacted("xx" + token) == "xx" + stars(token));
  // { "alg" with a space, {} and other openings of an object
  CHECK(has_token("eyAiYWxnIjoibm9uZSJ9." + claims + "."));
  CHECK(has_token("ewogImFsZyI6ICJub25lIn0." + claims + "."));
}

TEST_CASE("other text stays") {
  for (const std::string text :
       {"", "e", "ey", "eyJ", "select 1", "a.b.c", "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEifQ",
        "public.documents.title", "an-example.host-name-of-some-length.example.org", "eyJh.eyJz.c2",
        "every.thing.here", "e1.e2.e3", "1.2.3", "...", "a0000000-0000-4000-8000-000000000001"}) {
    CHECK(redacted(text) == text);
    CHECK_FALSE(has_token(text));
  }
}
