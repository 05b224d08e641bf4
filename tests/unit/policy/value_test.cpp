#include "policy/value.hpp"

#include <catch2/catch.hpp>

using namespace tenancy::policy;

namespace {

std::optional<int> sign(std::string_view a, std::string_view b, TypeClass type) {
  const auto found = compare(a, b, {type, nullptr});
  if (!found) return std::nullopt;
  return *found < 0 ? -1 : *found > 0 ? 1 : 0;
}

}  // namespace

TEST_CASE("value: the three truths of SQL", "[value]") {
  using enum Truth;
  CHECK(negate(yes) == no);
  CHECK(negate(no) == yes);
  CHECK(negate(unknown) == unknown);
  CHECK(both(yes, unknown) == unknown);
  CHECK(both(no, unknown) == no);
  CHECK(either(yes, unknown) == yes);
  CHECK(either(no, unknown) == unknown);
}

TEST_CASE("value: numbers are compared exactly, at any length", "[value]") {
  using enum TypeClass;
  CHECK(sign("9", "10", integer) == -1);
  CHECK(sign("-9", "-10", integer) == 1);
  CHECK(sign("-1", "1", integer) == -1);
  CHECK(sign("007", "7", integer) == 0);
  CHECK(sign("-0", "0", number) == 0);
  CHECK(sign("12.50", "12.5", number) == 0);
  CHECK(sign("12.5", "12.49", number) == 1);
  CHECK(sign(".5", "0.50", number) == 0);
  CHECK(sign("99999999999999999999999999999999.1", "99999999999999999999999999999999.2", number) ==
        -1);
  CHECK_FALSE(sign("x", "1", integer));
  CHECK_FALSE(sign("", "1", integer));
  CHECK_FALSE(sign("1e3", "1", number));
}

TEST_CASE("value: the other types", "[value]") {
  using enum TypeClass;
  CHECK(sign("f", "true", boolean) == -1);
  CHECK_FALSE(sign("yes", "true", boolean));
  CHECK(sign("A0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000001",
             uuid) == 0);
  CHECK(sign("9", "10", text) == 1);
  CHECK(sign("2026-01-31", "2026-02-01", date) == -1);
  CHECK_FALSE(sign("{}", "{}", other));
  const std::vector<std::string> labels{"open", "closed"};
  CHECK((*compare("open", "closed", {enumeration, &labels}) < 0));
  CHECK_FALSE(compare("opened", "closed", {enumeration, &labels}));
}

TEST_CASE("value: comparators, and null", "[value]") {
  const ComparedAs as{TypeClass::integer, nullptr};
  CHECK(holds("1", "=", "1", as) == Truth::yes);
  CHECK(holds("1", "<>", "1", as) == Truth::no);
  CHECK(holds("1", "<", "2", as) == Truth::yes);
  CHECK(holds("2", "<=", "2", as) == Truth::yes);
  CHECK(holds("2", ">", "2", as) == Truth::no);
  CHECK(holds("2", ">=", "3", as) == Truth::no);
  CHECK(holds(std::nullopt, "=", "1", as) == Truth::unknown);
  CHECK(holds("x", "<>", std::nullopt, as) == Truth::unknown);
  CHECK_FALSE(holds("x", "=", "1", as));
  CHECK(guess_type("1.5") == TypeClass::number);
  CHECK(guess_type("true") == TypeClass::boolean);
  CHECK(guess_type("2026-11-25") == TypeClass::text);
}
