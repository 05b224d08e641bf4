#include "core/clock.hpp"

#include <catch2/catch.hpp>

using tenancy::clock_stepped_back;
using tenancy::raised_mark;

TEST_CASE("the mark only rises") {
  CHECK(raised_mark(0, 100) == 100);
  CHECK(raised_mark(100, 99) == 100);
  CHECK(raised_mark(100, 101) == 101);
}

TEST_CASE("a clock behind the mark by more than the leeway has stepped back") {
  CHECK_FALSE(clock_stepped_back(1000, 1000, 0));
  CHECK_FALSE(clock_stepped_back(1000, 2000, 0));
  CHECK(clock_stepped_back(1000, 999, 0));
  CHECK_FALSE(clock_stepped_back(1000, 970, 30));
  CHECK(clock_stepped_back(1000, 969, 30));
}
