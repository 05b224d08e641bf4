// The whole way of a token, and who may choose key and algorithm: the issuer, never the token.
#include "core/verify.hpp"

#include <catch2/catch.hpp>

#include "mint.hpp"
#include "subjects.hpp"

using namespace tenancy;
using namespace std::string_literals;
using tenancy::test::compact;
using tenancy::test::encode;
using tenancy::test::every_algorithm;
using tenancy::test::every_kind;
using tenancy::test::Kind;
using tenancy::test::mint;
using tenancy::test::name;
using tenancy::test::OwnedIssuer;
using tenancy::test::OwnedToken;
using tenancy::test::Signer;

namespace {

constexpr std::int64_t now = 1'800'000'000;
const std::string claims = R"({"iss":"i","aud":"app","sub":"s","exp":1800000600})";

struct Issue {
  std::string keys;
  AlgorithmSet algorithms = every_algorithm();

  std::string judge(std::string_view text) const {
    static constexpr std::string_view audiences[] = {"app"};
    const ParsedToken parsed = parse(text);
    const OwnedToken token(parsed.token);
    if (!token) return name(parsed.refusal);
    IssuerRules rules;
    rules.issuer = "i";
    rules.audiences = audiences;
    rules.algorithms = algorithms;
    const OwnedIssuer issuer(make_issuer(rules, test::keys_of(keys).release()));
    return name(verify(*token, *issuer, now).refusal);
  }
};

AlgorithmSet only(const char *algorithm) {
  AlgorithmSet set;
  set.add(*algorithm_of(algorithm));
  return set;
}

std::string set_of(const std::vector<std::string> &keys) {
  std::string text;
  for (const std::string &key : keys) text += (text.empty() ? "" : ",") + key;
  return "{\"keys\":[" + text + "]}";
}

std::string header(const std::string &alg, const std::string &more = "") {
  return R"({"alg":")" + alg + "\"" + more + "}";
}

std::string mint_by(const Kind &kind, const std::string &claimed = "") {
  const std::string input =
      encode(header(claimed.empty() ? kind.algorithm : claimed)) + "." + encode(claims);
  return input + "." + encode(kind.signer.sign_by(kind.algorithm, input));
}

// The key, good for its one algorithm.
std::string pinned(const Kind &kind) {
  return kind.signer.jwk(R"("alg":")"s + kind.algorithm + "\"");
}

}  // namespace

TEST_CASE("verify: each algorithm with its own key, and with no other", "[verify]") {
  for (const Kind &signing : every_kind()) {
    const std::string token = mint_by(signing);
    CHECK(Issue{pinned(signing)}.judge(token) == "none");
    CHECK(Issue{signing.signer.jwk()}.judge(token) == "none");
    CHECK(Issue{signing.signer.jwk(), only(signing.algorithm)}.judge(token) == "none");
    for (const Kind &other : every_kind()) {
      if (&signing == &other) continue;
      INFO(signing.algorithm << " judged by a key for " << other.algorithm);
      // Of the two curves of EdDSA each is only known by its signature.
      const bool same_name = signing.algorithm == std::string_view(other.algorithm);
      const std::string refusal = same_name ? "bad_signature" : "algorithm_not_allowed";
      CHECK(Issue{pinned(other)}.judge(token) == refusal);
      if (same_name) continue;
      // Signed by the right key, under another name.
      const std::string renamed = mint_by(signing, other.algorithm);
      CHECK(Issue{pinned(signing)}.judge(renamed) == "algorithm_not_allowed");
      // The issuer has the last word.
      CHECK(Issue{signing.signer.jwk(), only(other.algorithm)}.judge(token) ==
            "algorithm_not_allowed");
    }
  }
}

TEST_CASE("verify: a key that names no algorithm is good for those of its type", "[verify]") {
  struct Case {
    const Signer &signer;
    const char *algorithm;
    const char *verdict;
  };
  const Case cases[] = {
      {Signer::rs256(), "RS256", "none"},
      {Signer::rs256(), "PS512", "none"},
      {Signer::hs512(), "HS256", "none"},
      {Signer::hs512(), "HS384", "none"},
      {Signer::hs256(), "HS384", "algorithm_not_allowed"},  // its secret is too short for that
      {Signer::hs256(), "HS512", "algorithm_not_allowed"},
  };
  for (const Case &c : cases) {
    INFO(c.algorithm);
    CHECK(Issue{c.signer.jwk()}.judge(mint_by({c.algorithm, c.signer})) == c.verdict);
  }
  // By the rules of the algorithm that the token claims.
  CHECK(Issue{Signer::rs256().jwk()}.judge(mint_by({"RS256", Signer::rs256()}, "PS256")) ==
        "bad_signature");
  CHECK(Issue{Signer::rs256().jwk()}.judge(mint_by({"PS256", Signer::rs256()}, "RS256")) ==
        "bad_signature");
  CHECK(Issue{Signer::rs256().jwk()}.judge(mint_by({"RS384", Signer::rs256()}, "RS256")) ==
        "bad_signature");
  CHECK(Issue{Signer::hs512().jwk()}.judge(mint_by({"HS512", Signer::hs512()}, "HS256")) ==
        "bad_signature");
}

TEST_CASE("verify: an issuer without algorithms or without keys accepts nothing", "[verify]") {
  const std::string token = mint(Signer::rs256(), header("RS256"), claims);
  REQUIRE(Issue{Signer::rs256().jwk()}.judge(token) == "none");
  CHECK(Issue{Signer::rs256().jwk(), AlgorithmSet{}}.judge(token) == "algorithm_not_allowed");
  CHECK(Issue{"no keys"}.judge(token) == "bad_header");
  CHECK(Issue{"no keys"}.judge(mint(Signer::rs256(), header("RS256", R"(,"kid":"a")"), claims)) ==
        "unknown_key");
}

TEST_CASE("verify: none is no algorithm, however it is written", "[verify]") {
  const std::string names[] = {
      "none", "None", "NONE", "nOnE", "NonE", " none", "none ", "none\\t", "n\\u006fne",
      "n\xd0\xbene", "none\xe2\x80\x8b", "null", "", "no", "nonee", "\\\"none\\\"",
      // other names that are not ours
      "RS255", "RS2560", "rs256", "Rs256", "RS256 ", " RS256", "RS256,none", "RS-256", "SHA256",
      "RS1", "hs256", "es256", "eddsa", "EDDSA", "Ed25519", "ES256K", "HS1", "PS128", "PS25",
      "ES521", "A256GCM", "dir", "RSA-OAEP", "RSA1_5", "PBES2-HS256+A128KW"};
  const std::string borrowed = Signer::rs256().sign(encode(header("RS256")) + "." + encode(claims));
  REQUIRE(Issue{Signer::rs256().jwk()}.judge(compact(header("RS256"), claims, borrowed)) == "none");
  for (const std::string &algorithm : names) {
    for (const std::string &signature : {""s, "junk"s, borrowed}) {
      INFO(algorithm);
      CHECK(Issue{Signer::rs256().jwk()}.judge(compact(header(algorithm), claims, signature)) ==
            "algorithm_not_allowed");
    }
    // Signed well, and still.
    CHECK(Issue{Signer::rs256().jwk()}.judge(mint(Signer::rs256(), header(algorithm), claims)) ==
          "algorithm_not_allowed");
  }
  CHECK(Issue{Signer::rs256().jwk()}.judge(compact(header("none\\u0000"), claims, "")) ==
        "bad_json");
}

TEST_CASE("verify: a public key is never a secret", "[verify]") {
  for (const Kind &kind : every_kind()) {
    if (kind.signer.key() == nullptr) continue;
    const std::string jwk = kind.signer.jwk(R"("kid":"a")");
    const std::string pem = kind.signer.public_pem();
    std::string crlf;
    for (const char c : pem) crlf += c == '\n' ? "\r\n" : std::string(1, c);
    const std::string secrets[] = {pem,
                                   pem.substr(0, pem.size() - 1),
                                   crlf,
                                   " " + pem,
                                   "\n" + pem,
                                   pem + "\0"s,
                                   kind.signer.public_der(),
                                   jwk,
                                   kind.signer.jwk(),
                                   set_of({jwk}),
                                   "",
                                   "a",
                                   std::string(32, '\0')};
    for (const std::string &secret : secrets) {
      const std::string token = mint(Signer::oct(secret), header("HS256", R"(,"kid":"a")"), claims);
      CHECK(Issue{jwk}.judge(token) == "algorithm_not_allowed");
      const std::string relabelled =
          mint(Signer::oct(secret), header(kind.algorithm, R"(,"kid":"a")"), claims);
      CHECK(Issue{jwk}.judge(relabelled) == "bad_signature");
    }
    REQUIRE(Issue{jwk}.judge(mint_by(kind)) == "none");
  }
}

TEST_CASE("verify: kid selects the key", "[verify]") {
  const Signer other = Signer::ec("P-256");
  const std::string a = Signer::es256().jwk(R"("kid":"a")");
  const std::string b = other.jwk(R"("kid":"b")");
  const auto signed_by = [](const Signer &signer, const std::string &more) {
    return mint(signer, header("ES256", more), claims);
  };

  SECTION("among several it is needed") {
    const Issue issue{set_of({a, b})};
    CHECK(issue.judge(signed_by(Signer::es256(), R"(,"kid":"a")")) == "none");
    CHECK(issue.judge(signed_by(other, R"(,"kid":"b")")) == "none");
    CHECK(issue.judge(signed_by(Signer::es256(), "")) == "bad_header");
    CHECK(issue.judge(signed_by(Signer::es256(), R"(,"kid":"b")")) == "bad_signature");
  }
  SECTION("it is compared byte for byte") {
    const Issue issue{set_of({a, b})};
    for (const char *kid : {"A", "a ", " a", "aa", "../a", "a' OR '1'='1", "\\u00e0", "c", "%61"}) {
      CHECK(issue.judge(signed_by(Signer::es256(), R"(,"kid":")"s + kid + "\"")) == "unknown_key");
    }
    CHECK(issue.judge(signed_by(Signer::es256(), R"(,"kid":"\u0061")")) == "none");
    CHECK(issue.judge(signed_by(Signer::es256(), R"(,"kid":"a\u0000")")) == "bad_json");
    const std::string kid = "kxN2/q=="s;  // as Cognito's are
    CHECK(Issue{set_of({Signer::es256().jwk(R"("kid":")" + kid + "\""), b})}.judge(
              signed_by(Signer::es256(), R"(,"kid":")" + kid + "\"")) == "none");
  }
  SECTION("with one key it may be left out, not wrong") {
    CHECK(Issue{a}.judge(signed_by(Signer::es256(), "")) == "none");
    CHECK(Issue{a}.judge(signed_by(Signer::es256(), R"(,"kid":"a")")) == "none");
    CHECK(Issue{a}.judge(signed_by(Signer::es256(), R"(,"kid":"b")")) == "unknown_key");
    CHECK(Issue{Signer::es256().jwk()}.judge(signed_by(Signer::es256(), R"(,"kid":"a")")) ==
          "unknown_key");
  }
  SECTION("a key without kid cannot be chosen among several") {
    const Issue issue{set_of({Signer::es256().jwk(), b})};
    CHECK(issue.judge(signed_by(Signer::es256(), "")) == "bad_header");
    CHECK(issue.judge(signed_by(other, R"(,"kid":"b")")) == "none");
  }
}

TEST_CASE("verify: what is signed is the text, not its meaning", "[verify]") {
  const Issue issue{Signer::eddsa().jwk()};
  const std::string good = mint(Signer::eddsa(), header("EdDSA"), claims);
  REQUIRE(issue.judge(good) == "none");
  const std::string signature = good.substr(good.rfind('.') + 1);
  const std::string spaced = encode(R"({"alg": "EdDSA"})") + "." + encode(claims) + "." + signature;
  CHECK(issue.judge(spaced) == "bad_signature");
  const std::string moved = encode(header("EdDSA")) + "." + encode(" " + claims) + "." + signature;
  CHECK(issue.judge(moved) == "bad_signature");
  // Every bit of header and claims counts: refused one way or another.
  for (std::size_t i = 0; i < good.rfind('.'); i++) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed != good) CHECK(issue.judge(changed) != "none");
  }
}

TEST_CASE("verify: a signature over malformed text does not excuse it", "[verify]") {
  const Issue issue{Signer::eddsa().jwk()};
  const auto sign = [](const std::string &input) {
    return input + "." + encode(Signer::eddsa().sign(input));
  };
  const std::string h = encode(header("EdDSA")), p = encode(claims);
  REQUIRE(issue.judge(sign(h + "." + p)) == "none");
  for (const std::string &input : {h + "=." + p, h + "." + p + "=", h + "." + p + "\n",
                                   " " + h + "." + p, h + "." + p + ".", h + ".\r\n" + p}) {
    CHECK(issue.judge(sign(input)) == "malformed");
  }
  CHECK(issue.judge(sign(encode(R"({"alg":"EdDSA","alg":"EdDSA"})") + "." + p)) == "bad_json");
  CHECK(issue.judge(sign(h + "." + encode(R"({"sub":"s","sub":"admin"})"))) == "bad_json");
  CHECK(issue.judge(sign(encode(header("EdDSA", R"(,"crit":["exp"])")) + "." + p)) ==
        "forbidden_header");
}

TEST_CASE("verify: a token from parse_jws() has no claims to accept", "[verify]") {
  const OwnedToken token(parse_jws(mint(Signer::eddsa(), header("EdDSA"), claims)).token);
  REQUIRE(token);
  IssuerRules rules;
  rules.algorithms = every_algorithm();
  const OwnedIssuer issuer(make_issuer(rules, test::keys_of(Signer::eddsa().jwk()).release()));
  CHECK(name(verify(*token, *issuer, now).refusal) == "bad_json");
}

TEST_CASE("verify: rules are copied, and an issuer without keys is one", "[verify]") {
  OwnedIssuer issuer;
  {
    std::string issuer_name = "i", audience = "app";
    const std::string_view audiences[] = {audience};
    IssuerRules rules;
    rules.issuer = issuer_name;
    rules.audiences = audiences;
    rules.algorithms = every_algorithm();
    issuer.reset(make_issuer(rules, test::keys_of(Signer::eddsa().jwk()).release()));
    issuer_name = audience = "overwritten";
    const OwnedIssuer empty(make_issuer(rules, nullptr));
    CHECK(empty);
  }
  const OwnedToken token(parse(mint(Signer::eddsa(), header("EdDSA"), claims)).token);
  CHECK(name(verify(*token, *issuer, now).refusal) == "none");
}

TEST_CASE("verify: a known signature is not computed again, all else is", "[verify]") {
  IssuerRules rules;
  rules.issuer = "i";
  rules.algorithms = every_algorithm();
  const OwnedIssuer issuer(make_issuer(rules, test::keys_of(Signer::eddsa().jwk()).release()));
  const auto judge = [&](const std::string &text, SignatureKnown known) {
    const OwnedToken token(parse(text).token);
    return name(verify(*token, *issuer, now, known).refusal);
  };
  const std::string good = mint(Signer::eddsa(), header("EdDSA"), claims);
  const std::string forged = compact(header("EdDSA"), claims, "forged");
  CHECK(judge(good, SignatureKnown::unknown) == "none");
  CHECK(judge(good, SignatureKnown::good) == "none");
  CHECK(judge(good, SignatureKnown::bad) == "bad_signature");
  CHECK(judge(forged, SignatureKnown::unknown) == "bad_signature");
  CHECK(judge(forged, SignatureKnown::good) == "none");  // the caller said so
  for (const SignatureKnown known : {SignatureKnown::good, SignatureKnown::bad}) {
    CHECK(judge(compact(header("EdDSA"), R"({"iss":"i","sub":"s","exp":1})", ""), known) ==
          "expired");
    CHECK(judge(compact(header("EdDSA"), R"({"iss":"j","sub":"s","exp":1})", ""), known) ==
          "unknown_issuer");
    CHECK(judge(compact(header("RS256"), claims, ""), known) == "algorithm_not_allowed");
    CHECK(judge(compact(header("EdDSA", R"(,"kid":"x")"), claims, ""), known) == "unknown_key");
  }
}

TEST_CASE("verify: a token's digest is that of its text", "[verify]") {
  const std::string text = mint(Signer::eddsa(), header("EdDSA"), claims);
  const OwnedToken token(parse(text).token);
  CHECK(token_digest(*token) == sha256(text));
  const OwnedToken other(parse(compact(header("EdDSA"), claims, "")).token);
  CHECK(token_digest(*other) != token_digest(*token));
}

TEST_CASE("algorithm: names are exact", "[algorithm]") {
  for (const auto &[algorithm, signer] : every_kind()) {
    REQUIRE(algorithm_of(algorithm));
    CHECK(algorithm_name(*algorithm_of(algorithm)) == algorithm);
    CHECK(only(algorithm).contains(*algorithm_of(algorithm)));
    CHECK_FALSE(AlgorithmSet{}.contains(*algorithm_of(algorithm)));
  }
  for (const char *algorithm : {"", "none", "hs256", "HS256 ", "HS25", "EDDSA"}) {
    CHECK_FALSE(algorithm_of(algorithm));
  }
}

TEST_CASE("refusal: every reason has a name, a meaning and a class", "[refusal]") {
#define X(reason, cls, meaning)                       \
  CHECK(refusal_name(Refusal::reason) == #reason);    \
  CHECK(refusal_named(#reason) == Refusal::reason);   \
  CHECK(refusal_meaning(Refusal::reason) == meaning); \
  CHECK(refusal_class(Refusal::reason) == RefusalClass::cls);
  TENANCY_REFUSALS(X)
#undef X
  CHECK(refusal_named("unheard_of") == Refusal::none);
  CHECK(refusal_named("") == Refusal::none);
}
