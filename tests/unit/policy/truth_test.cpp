#include "policy/truth.hpp"

#include <catch2/catch.hpp>

#include "text.hpp"

using namespace tenancy::policy;

namespace {

Condition parse(const std::string &text) {
  const Source source("t", "k: \"" + text + "\"\n");
  Diagnostics diagnostics;
  const auto root = read_yaml(source, diagnostics);
  auto condition = parse_condition(source, root->members.at(0).value, diagnostics);
  if (!condition) throw std::logic_error(diagnostics.render(source));
  return std::move(*condition);
}

}  // namespace

TEST_CASE("truth: true of no row", "[truth]") {
  for (const char *text : {"x = 1 and x = 2",
                           "x = 1 and x <> 1",
                           "x = 1 and x <> 1.0",
                           "x is null and x = 1",
                           "x is null and not x",
                           "a in ('x', 'y') and a not in ('y', 'x')",
                           "a in ('x', 'y') and a = 'z'",
                           "not (a <> a) and a is null",
                           "a <> a",
                           "a < a",
                           "x > 3 and x < 3",
                           "x > 3 and x <= 3",
                           "x = 5 and x < 4",
                           "x in (1, 2) and x > 2",
                           "b and not b",
                           "b = true and not b",
                           "b <> true and b <> false",
                           "a < c and c < a",
                           "a = c and c <> a",
                           "exists(r) and not exists(r)",
                           "(x = 1 or x = 2) and x = 3",
                           "3 > x and 4 < x",
                           "session.user_id = 1 and session.user_id = 2",
                           "x is null and x is not null",
                           "x = 1 and (y = 2 or y = 3) and y > 4"}) {
    INFO(text);
    CHECK(truth_of(parse(text)) == Truth::never);
  }
}

TEST_CASE("truth: false of no row", "[truth]") {
  for (const char *text : {"a = a", "a <= a", "b or not b", "x = 1 or x <> 1", "x < 3 or x >= 3",
                           "x is null or x is not null", "not (x = 1 and x = 2)",
                           "exists(r) or not exists(r)", "a in (1) or a not in (1, 2) or a = 2"}) {
    INFO(text);
    CHECK(truth_of(parse(text)) == Truth::always);
  }
}

TEST_CASE("truth: nothing is said of what may be so and may be not", "[truth]") {
  for (const char *text :
       {"x", "x = 1 or x = 2", "x = '1' and x = 1", "x > 3 and x < 4", "x >= 3 and x <= 3",
        "a > 'x' and a < 'b'", "a <> 'x' and a <> 'y'", "x is null or x = 1", "a = c and c = d",
        "exists(r) and not exists(s)", "x = 1 and y = 2", "a <= c and c <= a",
        "x in (1, 2) and x >= 2", "not (x is null) and x = -0", "x = 1 and x = 1.00"}) {
    INFO(text);
    CHECK(truth_of(parse(text)) == Truth::open);
  }
}

TEST_CASE("truth: what grows out of hand is left open", "[truth]") {
  std::string text = "x = 1 and x = 2";
  for (int i = 0; i < 20; ++i) {
    text += " and (a" + std::to_string(i) + " or b" + std::to_string(i) + ")";
  }
  CHECK(truth_of(parse(text)) == Truth::open);
}

TEST_CASE("truth: one condition implies another", "[truth]") {
  const auto follows = [](const char *narrow, const char *wide) {
    return implies(parse(narrow), parse(wide));
  };
  CHECK(follows("a", "a"));
  CHECK(follows("a and c", "a"));
  CHECK(follows("a", "a or c"));
  CHECK(follows("a and c", "c and a"));
  CHECK(follows("a or c", "c or a or d"));
  CHECK(follows("(a or c) and d", "a or c"));
  CHECK(!follows("a", "a and c"));
  CHECK(!follows("a or c", "a"));
  CHECK(!follows("a", "c"));
  CHECK(!follows("d", "x = 1 or x <> 1"));  // not where x is null
}
