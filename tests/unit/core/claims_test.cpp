// The claims against the issuer's rules. Every token here is signed well.
#include <catch2/catch.hpp>
#include <cstdint>
#include <limits>

#include "mint.hpp"
#include "subjects.hpp"

using namespace tenancy;
using namespace std::string_literals;
using tenancy::test::mint;
using tenancy::test::name;
using tenancy::test::OwnedIssuer;
using tenancy::test::OwnedToken;
using tenancy::test::Signer;

namespace {

constexpr std::int64_t now = 1'800'000'000;

IssuerRules rules() {
  static constexpr std::string_view audiences[] = {"app", "dashboard"};
  IssuerRules r;
  r.issuer = "https://issuer.example/a";
  r.algorithms.add(*algorithm_of("HS256"));
  r.audiences = audiences;
  return r;
}

// Claims that are right by rules(), with members replaced, added, or removed by an empty value.
std::string claims(std::initializer_list<std::pair<std::string, std::string>> changes = {}) {
  std::vector<std::pair<std::string, std::string>> members = {
      {"iss", "\"https://issuer.example/a\""},
      {"aud", "\"app\""},
      {"sub", "\"user-1\""},
      {"iat", std::to_string(now - 60)},
      {"exp", std::to_string(now + 600)}};
  for (const auto &change : changes) {
    bool replaced = false;
    for (auto &member : members) {
      if (member.first != change.first) continue;
      member.second = change.second;
      replaced = true;
    }
    if (!replaced) members.push_back(change);
  }
  std::string text;
  for (const auto &[key, value] : members) {
    if (!value.empty()) text += (text.empty() ? "{\"" : ",\"") + key + "\":" + value;
  }
  return text + "}";
}

std::string judge(const IssuerRules &with, const std::string &payload, std::int64_t at = now,
                  const std::string &header = R"({"alg":"HS256"})") {
  const ParsedToken parsed = parse(mint(Signer::hs256(), header, payload));
  const OwnedToken token(parsed.token);
  if (!token) return name(parsed.refusal);
  const OwnedIssuer issuer(make_issuer(with, test::keys_of(Signer::hs256().jwk()).release()));
  REQUIRE(issuer);
  const Verdict verdict = verify(*token, *issuer, at);
  if (verdict.refusal != Refusal::none) {
    CHECK((verdict.issuer.empty() && verdict.subject.empty() && verdict.audience.empty() &&
           verdict.account.empty() && verdict.workspace.empty() && verdict.key_id.empty() &&
           verdict.expires_at == 0));
  }
  return name(verdict.refusal);
}

struct Case {
  std::string value;
  const char *verdict;
};

void judge_all(const IssuerRules &with, const std::string &claim, const std::vector<Case> &cases) {
  for (const Case &c : cases) {
    INFO(claim << " = " << c.value.substr(0, 80));
    CHECK(judge(with, claims({{claim, c.value}})) == c.verdict);
  }
}

}  // namespace

TEST_CASE("claims: a right token, and what the verdict says", "[claims]") {
  IssuerRules with = rules();
  with.account_claim = "custom:account";
  with.workspace_claim = "workspace";
  with.leeway = 30;
  const OwnedToken token(parse(mint(Signer::hs256(), R"({"alg":"HS256","kid":"k"})",
                                    claims({{"custom:account", "\"acme\""},
                                            {"workspace", "42"},
                                            {"exp", std::to_string(now + 600) + ".75"}})))
                             .token);
  REQUIRE(token);
  const OwnedIssuer issuer(
      make_issuer(with, test::keys_of(Signer::hs256().jwk(R"("kid":"k")")).release()));
  const Verdict verdict = verify(*token, *issuer, now);
  CHECK(name(verdict.refusal) == "none");
  CHECK(verdict.issuer == "https://issuer.example/a");
  CHECK(verdict.subject == "user-1");
  CHECK(verdict.audience == "app");
  CHECK(verdict.account == "acme");
  CHECK(verdict.workspace == "42");
  CHECK(verdict.key_id == "k");
  CHECK(verdict.expires_at == now + 600 + 30);
  CHECK(verdict.issued_at == now - 60);
}

TEST_CASE("claims: the issuer is compared byte for byte", "[claims]") {
  judge_all(rules(), "iss",
            {
                {"\"https://issuer.example/a\"", "none"},
                {"\"https:\\/\\/issuer.example\\/a\"", "none"},
                {"\"https://issuer.example/a/\"", "unknown_issuer"},
                {"\"https://issuer.example/\"", "unknown_issuer"},
                {"\"https://issuer.example/ab\"", "unknown_issuer"},
                {"\"HTTPS://issuer.example/a\"", "unknown_issuer"},
                {"\"https://issuer.example/A\"", "unknown_issuer"},
                {"\" https://issuer.example/a\"", "unknown_issuer"},
                {"\"https://iss\xd1\x83"s
                 "er.example/a\"",
                 "unknown_issuer"},
                {"\"\"", "unknown_issuer"},
                {"[\"https://issuer.example/a\"]", "bad_claim"},
                {"null", "bad_claim"},
                {"1", "bad_claim"},
                {"", "missing_claim"},
            });
  SECTION("aliases share the keys") {
    static constexpr std::string_view aliases[] = {"https://old.example", "https://new.example"};
    IssuerRules with = rules();
    with.aliases = aliases;
    judge_all(with, "iss",
              {{"\"https://issuer.example/a\"", "none"},
               {"\"https://new.example\"", "none"},
               {"\"https://new.example/\"", "unknown_issuer"}});
  }
  SECTION("without a name nothing is compared") {
    IssuerRules with = rules();
    with.issuer = "";
    judge_all(with, "iss", {{"\"anyone\"", "none"}, {"", "none"}, {"1", "bad_claim"}});
  }
}

TEST_CASE("claims: one audience must match", "[claims]") {
  const std::vector<Case> cases = {
      {"\"app\"", "none"},
      {"\"dashboard\"", "none"},
      {"[\"app\"]", "none"},
      {"[\"other\",\"dashboard\",\"more\"]", "none"},
      {"[\"app\",\"app\"]", "none"},
      {"\"ap\"", "wrong_audience"},
      {"\"apps\"", "wrong_audience"},
      {"\"App\"", "wrong_audience"},
      {"\"app dashboard\"", "wrong_audience"},
      {"\"\"", "wrong_audience"},
      {"[]", "wrong_audience"},
      {"[\"other\"]", "wrong_audience"},
      {"[\"app\",1]", "bad_claim"},
      {"[1,\"app\"]", "bad_claim"},
      {"[[\"app\"]]", "bad_claim"},
      {"[\"app\",null]", "bad_claim"},
      {"{\"app\":1}", "bad_claim"},
      {"null", "bad_claim"},
      {"true", "bad_claim"},
      {"7", "bad_claim"},
      {"", "missing_claim"},
  };
  judge_all(rules(), "aud", cases);
  SECTION("in the claim that the issuer names") {
    IssuerRules with = rules();
    static constexpr std::string_view names[] = {"client_id"};
    with.audience_claims = names;
    CHECK(judge(with, claims()) == "missing_claim");
    for (const Case &c : cases) {
      CHECK(judge(with, claims({{"aud", ""}, {"client_id", c.value}})) == c.verdict);
    }
  }
  SECTION("the first of the token's that is accepted is told") {
    const OwnedToken token(parse(mint(Signer::hs256(), R"({"alg":"HS256"})",
                                      claims({{"aud", R"(["x","dashboard","app"])"}})))
                               .token);
    const OwnedIssuer issuer(make_issuer(rules(), test::keys_of(Signer::hs256().jwk()).release()));
    CHECK(verify(*token, *issuer, now).audience == "dashboard");
  }
  SECTION("in the first of several claims that the token has") {
    static constexpr std::string_view names[] = {"client_id", "aud"};
    IssuerRules with = rules();
    with.audience_claims = names;
    CHECK(judge(with, claims()) == "none");
    CHECK(judge(with, claims({{"aud", ""}})) == "missing_claim");
    CHECK(judge(with, claims({{"aud", ""}, {"client_id", "\"app\""}})) == "none");
    CHECK(judge(with, claims({{"aud", "\"other\""}, {"client_id", "\"app\""}})) == "none");
    CHECK(judge(with, claims({{"client_id", "\"other\""}})) == "wrong_audience");
    CHECK(judge(with, claims({{"client_id", "null"}})) == "bad_claim");
    with.audience_claims = {};
    CHECK(judge(with, claims()) == "missing_claim");
  }
  SECTION("any of the token's own can be asked for") {
    static constexpr std::string_view names[] = {"client_id", "aud"};
    IssuerRules with = rules();
    with.audience_claims = names;
    const OwnedIssuer issuer(make_issuer(with, nullptr));
    const auto is = [&](const std::string &payload, std::string_view audience) {
      const OwnedToken token(parse(mint(Signer::hs256(), R"({"alg":"HS256"})", payload)).token);
      return token_audience_is(*token, *issuer, audience);
    };
    const std::string several = claims({{"aud", R"(["app","second",7])"}});
    CHECK(is(several, "app"));
    CHECK(is(several, "second"));
    CHECK_FALSE(is(several, "third"));
    CHECK_FALSE(is(several, ""));
    CHECK(is(claims(), "app"));
    CHECK_FALSE(is(claims(), "ap"));
    CHECK_FALSE(is(claims({{"client_id", "\"x\""}}), "app"));
    CHECK_FALSE(is(claims({{"aud", ""}}), ""));
    CHECK_FALSE(is(claims({{"aud", "7"}}), ""));
  }
  SECTION("without audiences nothing is compared") {
    IssuerRules with = rules();
    with.audiences = {};
    judge_all(with, "aud", {{"\"anyone\"", "none"}, {"", "none"}});
  }
}

TEST_CASE("claims: exp is needed and ends the token", "[claims]") {
  judge_all(rules(), "exp",
            {
                {std::to_string(now + 1), "none"},
                {std::to_string(now + 1) + ".5", "none"},
                {"1.9e9", "none"},
                {"253402300799", "none"},
                {std::to_string(now), "expired"},
                {std::to_string(now) + ".999", "expired"},
                {std::to_string(now - 1), "expired"},
                {"0", "expired"},
                {"0.5", "expired"},
                {"0.0", "expired"},
                {"253402300799.0", "none"},
                {"", "missing_claim"},
                {"-1", "bad_claim"},
                {"-0.5", "bad_claim"},
                {"253402300800", "bad_claim"},
                {"253402300799.5", "bad_claim"},
                {"9223372036854775807", "bad_claim"},
                {"1e300", "bad_claim"},
                {"\"2000000000\"", "bad_claim"},
                {"null", "bad_claim"},
                {"true", "bad_claim"},
                {"[2000000000]", "bad_claim"},
                {"{}", "bad_claim"},
                // beyond what a number may be: refused with the text
                {"9223372036854775808", "bad_json"},
                {"18446744073709551616", "bad_json"},
                {"18446744075509551616", "bad_json"},  // 2^64 + now
                {std::string(400, '9'), "bad_json"},
                {"1e400", "bad_json"},
                {"NaN", "bad_json"},
                {"Infinity", "bad_json"},
                {"0x77359400", "bad_json"},
                {"02000000000", "bad_json"},
            });
}

TEST_CASE("claims: nbf and iat must not lie in the future", "[claims]") {
  for (const std::string claim : {"nbf", "iat"}) {
    judge_all(rules(), claim,
              {
                  {"", "none"},
                  {"0", "none"},
                  {std::to_string(now), "none"},
                  {std::to_string(now - 1) + ".999", "none"},
                  {std::to_string(now) + ".001", "not_yet_valid"},
                  {std::to_string(now + 1), "not_yet_valid"},
                  {"253402300799", "not_yet_valid"},
                  {"9223372036854775807", "bad_claim"},
                  {"-1", "bad_claim"},
                  {"1e300", "bad_claim"},
                  {"\"0\"", "bad_claim"},
                  {"null", "bad_claim"},
                  {"[]", "bad_claim"},
                  {"18446744073709551616", "bad_json"},
              });
  }
}

TEST_CASE("claims: leeway widens both ends, within bounds", "[claims]") {
  IssuerRules with = rules();
  with.leeway = 30;
  judge_all(with, "exp",
            {{std::to_string(now - 29), "none"}, {std::to_string(now - 30), "expired"}});
  judge_all(with, "nbf",
            {{std::to_string(now + 30), "none"},
             {std::to_string(now + 30) + ".5", "not_yet_valid"},
             {std::to_string(now + 31), "not_yet_valid"}});
  judge_all(with, "iat",
            {{std::to_string(now + 30), "none"}, {std::to_string(now + 31), "not_yet_valid"}});
  with.leeway = -30;
  judge_all(with, "exp", {{std::to_string(now + 1), "none"}, {std::to_string(now), "expired"}});
  with.leeway = std::numeric_limits<std::int64_t>::max();
  judge_all(with, "exp",
            {{std::to_string(now - 86399), "none"}, {std::to_string(now - 86400), "expired"}});
  with.leeway = std::numeric_limits<std::int64_t>::min();
  judge_all(with, "exp", {{std::to_string(now), "expired"}});
}

TEST_CASE("claims: any clock is survived", "[claims]") {
  const std::string token = claims({{"iat", "0"}, {"exp", "253402300799"}});
  CHECK(judge(rules(), token, 0) == "none");
  CHECK(judge(rules(), token, -1) == "not_yet_valid");
  CHECK(judge(rules(), token, std::numeric_limits<std::int64_t>::min()) == "not_yet_valid");
  CHECK(judge(rules(), token, 253402300798) == "none");
  CHECK(judge(rules(), token, 253402300799) == "expired");
  CHECK(judge(rules(), token, std::numeric_limits<std::int64_t>::max()) == "expired");
}

TEST_CASE("claims: a lifetime may be bounded", "[claims]") {
  IssuerRules with = rules();
  with.max_lifetime = 3600;
  const auto lived = [&](const std::string &nbf, const std::string &iat, const std::string &exp) {
    return judge(with, claims({{"nbf", nbf}, {"iat", iat}, {"exp", exp}}));
  };
  const auto at = [](std::int64_t offset) { return std::to_string(now + offset); };
  CHECK(lived("", at(-60), at(3540)) == "none");
  CHECK(lived("", at(-60), at(3541)) == "lifetime_too_long");
  CHECK(lived("", at(-60) + ".5", at(3540) + ".5") == "none");
  CHECK(lived(at(-60), "", at(3540)) == "none");
  CHECK(lived(at(-60), "", at(3541)) == "lifetime_too_long");
  CHECK(lived(at(0), at(-3600), at(1)) == "lifetime_too_long");  // iat goes before nbf
  CHECK(lived("", "", at(60)) == "missing_claim");
  CHECK(lived("", "0", "253402300799") == "lifetime_too_long");
  with.max_lifetime = 0;
  CHECK(lived("", "", at(60)) == "none");
  CHECK(lived("", "0", "253402300799") == "none");
}

TEST_CASE("claims: required claims", "[claims]") {
  static constexpr RequiredClaim required[] = {{"token_use", "access"}, {"jti", ""}};
  IssuerRules with = rules();
  with.required_claims = required;
  const auto both = [&](const std::string &token_use, const std::string &jti) {
    return judge(with, claims({{"token_use", token_use}, {"jti", jti}}));
  };
  CHECK(both("\"access\"", "\"1\"") == "none");
  CHECK(both("\"id\"", "\"1\"") == "wrong_claim");
  CHECK(both("\"Access\"", "\"1\"") == "wrong_claim");
  CHECK(both("\"\"", "\"1\"") == "wrong_claim");
  CHECK(both("[\"access\"]", "\"1\"") == "bad_claim");
  CHECK(both("null", "\"1\"") == "bad_claim");
  CHECK(both("", "\"1\"") == "missing_claim");
  CHECK(both("\"access\"", "") == "missing_claim");
  CHECK(both("\"access\"", "\"\"") == "wrong_claim");
  CHECK(both("\"access\"", "7") == "bad_claim");

  // Several values of one name are to choose from; that a claim be there takes nothing away.
  static constexpr RequiredClaim either[] = {
      {"token_use", "access"}, {"jti", ""}, {"token_use", "id"}, {"token_use", ""}};
  with.required_claims = either;
  CHECK(both("\"access\"", "\"1\"") == "none");
  CHECK(both("\"id\"", "\"x\"") == "none");
  CHECK(both("\"refresh\"", "\"1\"") == "wrong_claim");
  CHECK(both("\"1\"", "\"1\"") == "wrong_claim");
  CHECK(both("\"id\"", "\"\"") == "wrong_claim");
  CHECK(both("\"\"", "\"1\"") == "wrong_claim");
  CHECK(both("[\"id\"]", "\"1\"") == "bad_claim");
  CHECK(both("", "\"1\"") == "missing_claim");

  static constexpr RequiredClaim dates[] = {{"exp", ""}, {"nbf", ""}, {"iat", ""}};
  with.required_claims = dates;
  CHECK(judge(with, claims()) == "missing_claim");
  CHECK(judge(with, claims({{"nbf", "0"}})) == "none");
  CHECK(judge(with, claims({{"nbf", "\"0\""}})) == "bad_claim");
}

TEST_CASE("claims: the subject is a name", "[claims]") {
  const std::vector<Case> cases = {
      {"\"user-1\"", "none"},
      {"\"a'; DROP TABLE x; --\"", "none"},
      {"\"\xc3\xa9\xe2\x80\x8b\"", "none"},
      {"\"" + std::string(255, 's') + "\"", "none"},
      {"\"" + std::string(256, 's') + "\"", "bad_claim"},
      {"\"\"", "bad_claim"},
      {"\"a\\nb\"", "bad_claim"},
      {"\"a\\u001b[31m\"", "bad_claim"},
      {"\"\\u007f\"", "bad_claim"},
      {"\"\\u0085\"", "bad_claim"},
      {"\"a\\u0000b\"", "bad_json"},
      {"7", "bad_claim"},
      {"null", "bad_claim"},
      {"[\"user-1\"]", "bad_claim"},
      {"", "missing_claim"},
  };
  judge_all(rules(), "sub", cases);
  IssuerRules lax = rules();
  lax.subject_required = false;
  for (const Case &c : cases) {
    CHECK(judge(lax, claims({{"sub", c.value}})) == (c.value.empty() ? "none" : c.verdict));
  }
  IssuerRules with = rules();
  with.subject_claim = "client_id";
  for (const Case &c : cases) {
    CHECK(judge(with, claims({{"client_id", c.value}})) == c.verdict);
  }
}

TEST_CASE("claims: account and workspace are names, digits, or not there", "[claims]") {
  IssuerRules with = rules();
  with.account_claim = "account";
  with.workspace_claim = "workspace";
  for (const std::string claim : {"account", "workspace"}) {
    judge_all(with, claim,
              {
                  {"", "none"},
                  {"\"acme\"", "none"},
                  {"42", "none"},
                  {"-9223372036854775808", "none"},
                  {"\"" + std::string(255, 's') + "\"", "none"},
                  {"\"" + std::string(256, 's') + "\"", "bad_claim"},
                  {"\"\"", "bad_claim"},
                  {"\"a\\tb\"", "bad_claim"},
                  {"1.5", "bad_claim"},
                  {"true", "bad_claim"},
                  {"null", "bad_claim"},
                  {"[\"acme\"]", "bad_claim"},
                  {"{}", "bad_claim"},
              });
  }
  // An issuer that names no such claim does not look.
  judge_all(rules(), "account", {{"[1]", "none"}});
  judge_all(rules(), "", {{"[1]", "none"}});
}

TEST_CASE("claims: a token bound to a key is no bearer token", "[claims]") {
  judge_all(rules(), "cnf",
            {
                {"", "none"},
                {"{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}", "sender_constrained"},
                {"{}", "sender_constrained"},
                {"null", "sender_constrained"},
            });
}

TEST_CASE("claims: typ is compared where the issuer says", "[claims]") {
  const auto typed = [](std::string_view wanted, const std::string &header) {
    IssuerRules with = rules();
    with.type = wanted;
    return judge(with, claims(), now, "{\"alg\":\"HS256\"" + header + "}");
  };
  CHECK(typed("", "") == "none");
  CHECK(typed("", ",\"typ\":\"anything\"") == "none");
  CHECK(typed("at+jwt", ",\"typ\":\"at+jwt\"") == "none");
  CHECK(typed("at+jwt", ",\"typ\":\"AT+JWT\"") == "none");
  CHECK(typed("at+jwt", ",\"typ\":\"application/at+jwt\"") == "none");
  CHECK(typed("application/at+jwt", ",\"typ\":\"Application/AT+jwt\"") == "none");
  CHECK(typed("application/at+jwt", ",\"typ\":\"at+jwt\"") == "none");
  CHECK(typed("az@[", ",\"typ\":\"AZ@[\"") == "none");
  CHECK(typed("a`{", ",\"typ\":\"A@[\"") == "wrong_type");
  CHECK(typed("at+jwt", "") == "wrong_type");
  CHECK(typed("at+jwt", ",\"typ\":\"\"") == "wrong_type");
  CHECK(typed("at+jwt", ",\"typ\":\"JWT\"") == "wrong_type");
  CHECK(typed("at+jwt", ",\"typ\":\"at+jwt \"") == "wrong_type");
  CHECK(typed("at+jwt", ",\"typ\":\"application/application/at+jwt\"") == "wrong_type");
}

TEST_CASE("claims: Cognito's two tokens are not taken for each other", "[claims]") {
  static constexpr std::string_view clients[] = {"4kq3client"};
  static constexpr RequiredClaim access[] = {{"token_use", "access"}};
  static constexpr RequiredClaim identity[] = {{"token_use", "id"}};
  const std::string pool = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Abc";
  IssuerRules for_access = rules();
  for_access.issuer = pool;
  static constexpr std::string_view client_id[] = {"client_id"};
  for_access.audience_claims = client_id;
  for_access.audiences = clients;
  for_access.required_claims = access;
  IssuerRules for_identity = for_access;
  for_identity.audience_claims = default_audience_claims;
  for_identity.required_claims = identity;

  const auto token = [&](std::initializer_list<std::pair<std::string, std::string>> changes) {
    std::vector<std::pair<std::string, std::string>> all = {{"iss", "\"" + pool + "\""},
                                                            {"aud", ""}};
    std::string text = claims({{"iss", "\"" + pool + "\""}, {"aud", ""}});
    text.pop_back();
    for (const auto &[key, value] : changes) text += ",\"" + key + "\":" + value;
    return text + "}";
  };
  const std::string access_token = token({{"client_id", "\"4kq3client\""},
                                          {"token_use", "\"access\""},
                                          {"cognito:groups", "[\"a\",\"a\"]"},
                                          {"scope", "\"openid\""},
                                          {"version", "2"}});
  const std::string identity_token = token({{"aud", "\"4kq3client\""}, {"token_use", "\"id\""}});
  CHECK(judge(for_access, access_token) == "none");
  CHECK(judge(for_identity, identity_token) == "none");
  CHECK(judge(for_access, identity_token) == "missing_claim");
  CHECK(judge(for_identity, access_token) == "missing_claim");
  CHECK(judge(for_access, token({{"client_id", "\"4kq3client\""}, {"token_use", "\"id\""}})) ==
        "wrong_claim");
  CHECK(judge(for_access, token({{"client_id", "\"other\""}, {"token_use", "\"access\""}})) ==
        "wrong_audience");
  IssuerRules other_pool = for_access;
  other_pool.issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_Xyz";
  CHECK(judge(other_pool, access_token) == "unknown_issuer");
}

TEST_CASE("claims: a fresh token is advised only where it would help", "[claims]") {
  const std::string past = std::to_string(now - 1);
  CHECK(judge(rules(), claims({{"exp", past}})) == "expired");
  CHECK(judge(rules(), claims({{"exp", past}, {"aud", "\"other\""}})) == "wrong_audience");
  CHECK(judge(rules(), claims({{"exp", past}, {"sub", "\"\""}})) == "bad_claim");
}
