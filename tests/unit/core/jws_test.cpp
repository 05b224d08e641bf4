// What parse() takes and refuses: the shape, the encoding, the JSON, the header.
#include <catch2/catch.hpp>

#include "core/verify.hpp"
#include "mint.hpp"
#include "subjects.hpp"

using namespace tenancy;
using namespace std::string_literals;
using tenancy::test::compact;
using tenancy::test::encode;
using tenancy::test::name;
using tenancy::test::OwnedToken;

namespace {

const std::string header = R"({"alg":"RS256","kid":"a"})";
const std::string claims = R"({"iss":"https://issuer.example","sub":"s","exp":2000000000})";

std::string parsed(std::string_view text) {
  const ParsedToken result = parse(text);
  const OwnedToken token(result.token);
  CHECK((token != nullptr) == (result.refusal == Refusal::none));
  return name(result.refusal);
}

std::string with_header(std::string_view text) {
  return parsed(compact(text, claims, "sig"));
}
std::string with_claims(std::string_view text) {
  return parsed(compact(header, text, "sig"));
}

}  // namespace

TEST_CASE("jws: a token is three segments", "[jws]") {
  const std::string token = compact(header, claims, "signature");
  REQUIRE(parsed(token) == "none");
  const std::string h = encode(header), p = encode(claims), s = encode("signature");
  const std::string refused[] = {
      "",
      ".",
      "..",
      "...",
      "....",
      h,
      h + "." + p,
      token + ".",
      "." + token,
      token + "." + s,
      h + ".." + p + "." + s,
      h + "." + p + "." + s + "." + s + "." + s,
      std::string(16384, '.'),
      "Bearer " + token,
      "\"" + token + "\"",
      " " + token,
      token + " ",
      token + "\n",
      token + "\r\n",
      token + "\0"s,
      "\0"s + token,
      "\xef\xbb\xbf" + token,
      h + " ." + p + "." + s,
      // encoded otherwise than the one way
      h + "=." + p + "." + s,
      h + "." + p + "." + s + "=",
      h + "." + p + "==." + s,
      h + "." + p + "+." + s,
      h + "." + p + "/." + s,
      h + "." + p + "%2e." + s,
      h + "." + p + "." + s + "A",
      h + "." + p + ".A",
      h + "." + p + ".AB",
      h + "." + p + ".AAB",
      // the JSON serialization (RFC 7515 §7.2)
      R"({"protected":")" + h + R"(","payload":")" + p + R"(","signature":")" + s + "\"}",
  };
  for (const std::string &text : refused) {
    INFO(text.substr(0, 100));
    // Two dots and nothing else are three empty segments: no header is no JSON.
    CHECK(parsed(text) == (text == ".." ? "bad_json" : "malformed"));
  }
  // Five segments are a JWE (RFC 7516 §3.1).
  CHECK(parsed(compact(R"({"alg":"dir","enc":"A256GCM"})", "", "") + ".." + encode("tag")) ==
        "malformed");
}

TEST_CASE("jws: 16 KiB and no more", "[jws]") {
  std::string spaced = claims;  // until the rest is no impossible length
  while ((max_token_bytes - compact(header, spaced, "").size()) % 4 == 1) spaced += ' ';
  std::string text = compact(header, spaced, "");
  text.append(max_token_bytes - text.size(), 'A');
  REQUIRE(text.size() == max_token_bytes);
  CHECK(parsed(text) == "none");
  CHECK(parsed(text + "A") == "too_large");
  CHECK(parsed(std::string(1000000, '.')) == "too_large");
}

TEST_CASE("jws: header and claims may take 26 KiB each once parsed", "[jws]") {
  // As core/json.cpp counts: an object, a name, an array, a comma and an empty string for each
  // further element, and one for each character of the last.
  const auto text_of = [](std::size_t memory) {
    std::string text = R"({"alg":["")";
    std::size_t used = 224 + 84 + 40 + 128 + 81;
    for (; memory - used > 300; used += 24 + 81) text += R"(,"")";
    used += 24 + 81;
    return text + ",\"" + std::string(memory - used, 'x') + "\"]}";
  };
  CHECK(with_claims(text_of(26624)) == "none");
  CHECK(with_claims(text_of(26625)) == "bad_json");
  CHECK(with_header(text_of(26624)) == "bad_header");
  CHECK(with_header(text_of(26625)) == "bad_json");
}

TEST_CASE("jws: header and claims are one strict JSON object", "[jws]") {
  REQUIRE(with_header(header) == "none");
  REQUIRE(with_claims(claims) == "none");
  REQUIRE(with_header(" { \"alg\" : \"RS256\" }\r\n") == "none");
  const std::string refused[] = {
      "",
      " ",
      "x",
      "[]",
      "\"RS256\"",
      "null",
      "1",
      "{",
      R"({"alg":"RS256"})" + "x"s,
      R"({"alg":"RS256"}{})",
      R"({"alg":"RS256",})",
      R"({"alg":"RS256" /**/})",
      R"({alg:"RS256"})",
      R"({"alg":"RS256","x":NaN})",
      R"({"alg":"RS256","x":1e400})",
      R"({"alg":"RS256","x":"\ud800"})",
      "{\"alg\":\"RS256\",\"x\":\"\xff\"}",
      "{\"alg\":\"RS256\",\"x\":\"\xc0\xaf\"}",
      "\xef\xbb\xbf{\"alg\":\"RS256\"}",
      R"({"alg":"RS256","x":1)" + "\0}"s,
      R"({"alg":"RS256","x":"\u0000"})",
      R"({"alg":"RS256","\u0000":1})",
      R"({"alg":"RS256","alg":"RS256"})",
      R"({"alg":"RS256","\u0061lg":"none"})",
      R"({"alg":"RS256","x":{"a":1,"a":1}})",
      R"({"alg":"RS256","x":)" + std::string(40, '[') + std::string(40, ']') + "}",
      R"({"alg":"RS256","x":)" + std::string(5000, '[') + std::string(5000, ']') + "}",
      R"({"alg":"RS256","x":)" + std::string(5000, '9') + "}",
  };
  for (const std::string &text : refused) {
    INFO(text.substr(0, 100));
    CHECK(with_header(text) == "bad_json");
    CHECK(with_claims(text) == "bad_json");
  }
}

TEST_CASE("jws: alg, kid and typ are strings", "[jws]") {
  struct Case {
    std::string header;
    const char *verdict;
  };
  const Case cases[] = {
      {R"({"alg":"RS256"})", "none"},
      {R"({"alg":"unheard of"})", "none"},  // judged with the key: see verify_test
      {R"({"alg":"RS256","kid":"a","typ":"JWT","unknown":{"x":[1]}})", "none"},
      {R"({"alg":"RS256","kid":")" + std::string(1024, 'k') + "\"}", "none"},
      {R"({"alg":"RS256","kid":"../../\u00e9'; --"})", "none"},
      {R"({})", "bad_header"},
      {R"({"Alg":"RS256"})", "bad_header"},
      {R"({"alg":null})", "bad_header"},
      {R"({"alg":["RS256"]})", "bad_header"},
      {R"({"alg":{"RS256":1}})", "bad_header"},
      {R"({"alg":256})", "bad_header"},
      {R"({"alg":true})", "bad_header"},
      {R"({"alg":"RS256","kid":null})", "bad_header"},
      {R"({"alg":"RS256","kid":1})", "bad_header"},
      {R"({"alg":"RS256","kid":["a"]})", "bad_header"},
      {R"({"alg":"RS256","kid":""})", "bad_header"},
      {R"({"alg":"RS256","kid":"a\nb"})", "bad_header"},
      {R"({"alg":"RS256","kid":"a\u0085"})", "bad_header"},
      {R"({"alg":"RS256","kid":")" + std::string(1025, 'k') + "\"}", "bad_header"},
      {R"({"alg":"RS256","kid":"a","typ":null})", "bad_header"},
      {R"({"alg":"RS256","kid":"a","typ":["JWT"]})", "bad_header"},
  };
  for (const Case &c : cases) {
    INFO(c.header.substr(0, 100));
    CHECK(with_header(c.header) == c.verdict);
  }
}

TEST_CASE("jws: no header may say where the key is or how to read the payload", "[jws]") {
  const char *const forbidden[] = {
      R"("crit":["exp"])",
      R"("crit":[])",
      R"("crit":["b64"],"b64":false)",
      R"("crit":"exp")",
      R"("crit":null)",
      R"("b64":false)",
      R"("b64":true)",
      R"("zip":"DEF")",
      R"("zip":null)",
      R"("jku":"https://evil.example/jwks.json")",
      R"("jku":"")",
      R"("jwk":{"kty":"oct","k":"AA"})",
      R"("x5u":"https://evil.example/x.pem")",
      R"("x5c":["AA=="])",
      R"("x5t":"AA")",
      R"("x5t#S256":"AA")",
      R"("enc":"A256GCM")",
      R"("cty":"JWT")",
      R"("\u006awk":{})",
  };
  for (const char *const member : forbidden) {
    INFO(member);
    CHECK(with_header(R"({"alg":"RS256","kid":"a",)"s + member + "}") == "forbidden_header");
    CHECK(with_header("{"s + member + R"(,"alg":"RS256"})") == "forbidden_header");
  }
  REQUIRE(with_header(R"({"alg":"RS256","Crit":1,"jkus":1,"x":1,"":1,"my":{"jwk":1}})") == "none");
}

TEST_CASE("jws: the issuer is read before anything is trusted", "[jws]") {
  struct Case {
    const char *claims;
    const char *issuer;
  };
  const Case cases[] = {
      {R"({"iss":"https://issuer.example/a"})", "https://issuer.example/a"},
      {R"({"iss":"https:\/\/issuer.example\/a"})", "https://issuer.example/a"},
      {R"({"iss":""})", ""},
      {R"({})", ""},
      {R"({"iss":["a"]})", ""},
      {R"({"iss":7})", ""},
  };
  for (const Case &c : cases) {
    const OwnedToken token(parse(compact(header, c.claims, "")).token);
    REQUIRE(token);
    CHECK(untrusted_issuer(*token) == c.issuer);
  }
  const OwnedToken opaque(parse_jws(compact(header, claims, "")).token);
  REQUIRE(opaque);
  CHECK(untrusted_issuer(*opaque).empty());
}

TEST_CASE("jws: an opaque payload need not be JSON", "[jws]") {
  const std::string text = compact(header, "no JSON", "sig");
  CHECK(parsed(text) == "bad_json");
  const ParsedToken opaque = parse_jws(text);
  CHECK(name(opaque.refusal) == "none");
  destroy(opaque.token);
}

TEST_CASE("jws: claims are told in order, as text", "[jws]") {
  const OwnedToken token(
      parse(compact(header,
                    R"({"s":"a\"b","i":-7,"r":1.5,"whole":2.0,"t":true,"f":false,"n":null,
                        "groups":["a","b\""],"none":[],"mixed":["a",1],"mixed2":[1,"a"],"o":{"k":"v"},"e":""})",
                    ""))
          .token);
  REQUIRE(token);
  std::string told;
  for_each_claim(
      *token,
      [](void *state, Claim claim) noexcept {
        auto &out = *static_cast<std::string *>(state);
        out.append(claim.name).append("=").append(claim.value).append(";");
      },
      &told);
  CHECK(told == R"(s=a"b;i=-7;r=1.5;whole=2.0;t=true;f=false;groups=["a","b\""];none=[];e=;)");
}

TEST_CASE("jws: destroying nothing is allowed", "[jws]") {
  destroy(static_cast<Token *>(nullptr));
  destroy(static_cast<Issuer *>(nullptr));
  destroy(static_cast<KeySet *>(nullptr));
}
