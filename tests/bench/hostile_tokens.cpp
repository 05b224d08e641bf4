// What one hostile token of at most 16 KiB costs, class by class: the verdict, the time it takes,
// the memory. hostile_tokens prints a line for each; hostile_tokens NAME judges the one, for
// callgrind and massif (see hostile_tokens.sh).
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <vector>

#include "core/mint.hpp"
#include "core/subjects.hpp"

extern "C" {
void *__libc_malloc(std::size_t size);
void *__libc_calloc(std::size_t count, std::size_t size);
void *__libc_realloc(void *memory, std::size_t size);
void __libc_free(void *memory);
}

namespace {

// Bytes in use, with what malloc adds.
long in_use = 0;
long most_in_use = 0;

long bytes_of(void *memory) {
  return memory == nullptr ? 0 : static_cast<long>(malloc_usable_size(memory)) + 8;
}
void *counted(void *memory) {
  in_use += bytes_of(memory);
  most_in_use = std::max(most_in_use, in_use);
  return memory;
}

}  // namespace

extern "C" {
void *malloc(std::size_t size) {
  return counted(__libc_malloc(size));
}
void *calloc(std::size_t count, std::size_t size) {
  return counted(__libc_calloc(count, size));
}
void *realloc(void *memory, std::size_t size) {
  const long before = bytes_of(memory);
  void *const moved = __libc_realloc(memory, size);
  if (moved != nullptr || size == 0) in_use -= before;
  return counted(moved);
}
void free(void *memory) {
  in_use -= bytes_of(memory);
  __libc_free(memory);
}
}

using namespace tenancy;
using namespace std::string_literals;
using namespace tenancy::test;

namespace {

constexpr std::int64_t now = 1'800'000'000;
const std::string claims =
    R"("iss":"https://issuer.example","sub":"s","iat":1799999900,"exp":1800000600)";

struct Hostile {
  std::string name, keys, token;
};

std::string repeated(std::size_t times, const std::string &text) {
  std::string all;
  for (std::size_t i = 0; i < times; i++) all += text;
  return all;
}

// Bytes that look random and are always the same.
std::string noise(std::size_t size) {
  std::string bytes;
  std::uint64_t state = 88172645463325252u;
  while (bytes.size() < size) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    bytes += static_cast<char>(state >> 56);
  }
  return bytes;
}

// What no one has the private half of is as good for being verified with.
std::string rsa_key(const std::string &algorithm, std::size_t bits, const std::string &exponent) {
  std::string n = noise(bits / 8);
  n.front() = '\xc5';
  n.back() = '\x6b';
  return R"({"kty":"RSA","kid":"k","alg":")" + algorithm + R"(","n":")" + encode(n) + R"(","e":")" +
         encode(exponent) + "\"}";
}

std::string header(const std::string &algorithm, const std::string &more = R"(,"kid":"k")") {
  return R"({"alg":")" + algorithm + "\"" + more + "}";
}

// A token as long as one may be. Its claims are as they must be, then comes what fills it up: one
// string, or what makes most of the memory that parsed claims may take, and white space.
enum class Fill { text, objects };
std::string filled(const std::string &header_text, const std::string &signature, Fill fill) {
  const std::size_t segments = encode(header_text).size() + encode(signature).size() + 2;
  const std::size_t room = (max_token_bytes - segments) * 3 / 4 - claims.size() - 20;
  const std::string start = "{" + claims + R"(,"x":)";
  if (fill == Fill::text) {
    return compact(header_text, start + "\"" + std::string(room, 'x') + "\"}", signature);
  }
  std::string token;
  for (std::size_t count = 1;; count++) {
    const std::string objects = "[{}" + repeated(count, ",{}") + "]";
    const std::string longer = compact(
        header_text, start + objects + std::string(room - objects.size(), ' ') + "}", signature);
    if (!OwnedToken(parse(longer).token)) return token;
    token = longer;
  }
}

// Signatures of a key that anybody may publish, over claims that anybody may write. They are
// numbers in range, so that nothing spares the work.
void add_signatures(std::vector<Hostile> &all) {
  const auto add = [&all](const std::string &name, const std::string &key,
                          const std::string &algorithm, const std::string &signature) {
    all.push_back({name + "_text", key, filled(header(algorithm), signature, Fill::text)});
    all.push_back({name + "_objects", key, filled(header(algorithm), signature, Fill::objects)});
  };
  struct Exponent {
    const char *name;
    std::string bytes;
    std::size_t most_bits;
  };
  // The longest exponents that a key may have.
  const Exponent exponents[] = {{"e_17_bits", "\1\0\1"s, 16384},
                                {"e_64_bits", std::string(8, '\xff'), 8192}};
  for (const std::size_t bits : {2048, 8192, 16384}) {
    for (const std::string algorithm : {"RS256", "PS512"}) {
      for (const Exponent &e : exponents) {
        if (bits > e.most_bits) continue;
        add(algorithm + "_" + std::to_string(bits) + "_" + e.name,
            rsa_key(algorithm, bits, e.bytes), algorithm, '\x11' + noise(bits / 8).substr(1));
      }
    }
  }
  for (const Kind &kind : every_kind()) {
    const std::string algorithm = kind.algorithm;
    if (algorithm.starts_with("RS") || algorithm.starts_with("PS")) continue;
    const std::string signature = kind.signer.sign_by(algorithm, "another text");
    add(algorithm + "_" + std::to_string(signature.size()) + "_bytes",
        kind.signer.jwk(R"("kid":"k","alg":")" + algorithm + "\""), algorithm, signature);
  }
}

// What is refused before any signature is looked at.
void add_shapes(std::vector<Hostile> &all) {
  const std::string key = Signer::eddsa().jwk(R"("kid":"k")");
  const auto add = [&](const char *name, const std::string &token) {
    all.push_back({name, key, token.substr(0, max_token_bytes)});
  };
  const auto claimed = [&](const std::string &more) {
    return compact(header("EdDSA"), "{" + claims + more + "}", noise(64));
  };
  add("dots", std::string(max_token_bytes, '.'));
  add("one_segment", std::string(max_token_bytes, 'A'));
  add("base64_wrong_at_the_end",
      encode(header("EdDSA")) + ".AAAA." + std::string(16000, 'A') + "=");
  add("long_signature", encode(header("EdDSA")) + ".e30." + std::string(16000, 'A'));
  add("header_not_json", std::string(16000, 'A') + ".e30.AAAA");
  add("header_deep", compact(header("EdDSA", R"(,"x":)" + std::string(11000, '[')), "{}", ""));
  add("header_long_kid",
      compact(header("EdDSA", R"(,"kid":")" + std::string(11000, 'k') + "\""), "{}", ""));
  add("header_many_members", compact(header("EdDSA", repeated(11000 / 8, R"(,"a":1)")), "{}", ""));
  add("claims_deep", claimed(R"(,"x":)" + std::string(11000, '[')));
  add("claims_deep_and_wide",
      claimed(R"(,"x":[)" +
              repeated(100, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]],") + "1]"));
  std::string members;
  for (int i = 0; i < 135; i++) members += ",\"" + std::to_string(i) + "\":0";
  add("claims_many_members", claimed(members));
  add("claims_many_numbers", claimed(R"(,"x":[0)" + repeated(480, ",1.5e300") + "]"));
  add("claims_many_literals", claimed(R"(,"x":[null)" + repeated(1000, ",null") + "]"));
  add("claims_long_integer", claimed(R"(,"x":)" + std::string(11500, '9')));
  add("claims_long_decimal", claimed(R"(,"x":0.)" + std::string(11500, '7')));
  add("claims_long_exponent", claimed(R"(,"x":1e-)" + std::string(11500, '0') + "300"));
  add("claims_halfway_decimal", claimed(R"(,"x":2.)" + std::string(11000, '0') +
                                        "00000000000000022204460492503130808472633361816406251"));
  add("claims_escapes", claimed(R"(,"x":")" + repeated(1900, "\\u0041") + "\""));
  add("claims_wide_characters", claimed(R"(,"x":")" + repeated(3800, "\xe2\x98\x83") + "\""));
  add("audiences", claimed(R"(,"aud":["b")" + repeated(240, ",\"audience-99x\"") + "]"));
  std::string keys, kid(1024, 'k');
  for (int i = 0; i < 100; i++) {
    const std::string own = kid.substr(0, 1020) + std::to_string(1000 + i);
    keys += (i == 0 ? "" : ",") + Signer::es256().jwk(R"("kid":")" + own + "\"");
  }
  all.push_back({"kid_of_a_hundred", R"({"keys":[)" + keys + "]}",
                 filled(header("ES256", R"(,"kid":")" + kid.substr(0, 1020) + "9999\""), noise(64),
                        Fill::text)});
}

// The audience is looked at where the issuer asks for it.
OwnedIssuer issuer_of(const Hostile &hostile) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (int i = 0; i < 100; i++) all.push_back("audience-" + std::to_string(i));
    return all;
  }();
  static const std::vector<std::string_view> views(names.begin(), names.end());
  static constexpr std::string_view claim_names[] = {"client_id", "aud"};
  IssuerRules rules;
  rules.issuer = "https://issuer.example";
  rules.algorithms = every_algorithm();
  rules.max_lifetime = 86400;
  rules.account_claim = "account";
  rules.workspace_claim = "workspace";
  rules.audience_claims = claim_names;
  if (hostile.name == "audiences") rules.audiences = views;
  return OwnedIssuer(make_issuer(rules, keys_of(hostile.keys).release()));
}

// All that a backend does with a token.
Refusal judge(std::string_view text, const Issuer &issuer) {
  const ParsedToken parsed = parse(text);
  Refusal refusal = parsed.refusal;
  if (parsed.token != nullptr) {
    static_cast<void>(token_digest(*parsed.token));
    refusal = verify(*parsed.token, issuer, now).refusal;
  }
  destroy(parsed.token);
  return refusal;
}

// And nothing else: callgrind counts in here.
extern "C" __attribute__((noinline)) void judge_hostile_token(std::string_view text,
                                                              const Issuer &issuer) {
  static_cast<void>(judge(text, issuer));
}

double median_milliseconds(const Hostile &hostile, const Issuer &issuer) {
  std::vector<double> times;
  for (int i = 0; i < 15; i++) {
    const auto start = std::chrono::steady_clock::now();
    judge_hostile_token(hostile.token, issuer);
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::nth_element(times.begin(), times.begin() + 7, times.end());
  return times[7];
}

}  // namespace

// Once for what OpenSSL fetches and keeps, once for the count; ends with the issuer still there.
[[noreturn]] void judge_from(std::istream &in) {
  Hostile hostile;
  std::getline(in, hostile.name);
  std::getline(in, hostile.keys);
  std::getline(in, hostile.token);
  const OwnedIssuer issuer = issuer_of(hostile);
  judge(hostile.token, *issuer);
  // A peak that massif cannot overlook, and time for it to see the heap as it is before the token.
  std::free(std::malloc(std::size_t{1} << 20));
  for (volatile int i = 0; i < 1'000'000;) i = i + 1;
  std::free(std::malloc(1));
  judge_hostile_token(hostile.token, *issuer);
  std::_Exit(0);
}

int main(int argc, char **argv) {
  if (argc < 2) judge_from(std::cin);
  std::vector<Hostile> all;
  add_signatures(all);
  add_shapes(all);
  for (const Hostile &hostile : all) {
    std::ofstream(argv[1] + ("/" + hostile.name)) << hostile.name << '\n'
                                                  << hostile.keys << '\n'
                                                  << hostile.token << '\n';
    const OwnedIssuer issuer = issuer_of(hostile);
    const Refusal refusal = judge(hostile.token, *issuer);
    const long before = most_in_use = in_use;
    judge_hostile_token(hostile.token, *issuer);
    std::printf("%s %zu %s %ld %.3f\n", hostile.name.c_str(), hostile.token.size(),
                name(refusal).c_str(), most_in_use - before, median_milliseconds(hostile, *issuer));
  }
}
