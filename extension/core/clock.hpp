// A clock that steps back must not give expired tokens a second life.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tenancy {

// The clock's high-water mark after a reading of now, all in seconds since 1970.
constexpr std::int64_t raised_mark(std::int64_t mark, std::int64_t now) noexcept {
  return std::max(mark, now);
}

// Whether now lies behind the mark by more than an issuer's leeway: then no login can be judged.
constexpr bool clock_stepped_back(std::int64_t mark, std::int64_t now,
                                  std::int64_t leeway) noexcept {
  return now < mark - leeway;
}

}  // namespace tenancy
