#include "core/algorithm.hpp"

#include "core/algorithm_table.hpp"

namespace tenancy {

std::optional<Algorithm> algorithm_of(std::string_view name) noexcept {
  for (const AlgorithmRow &row : algorithm_table) {
    if (row.name == name) return row.algorithm;
  }
  return std::nullopt;
}

std::string_view algorithm_name(Algorithm algorithm) noexcept {
  for (const AlgorithmRow &row : algorithm_table) {
    if (row.algorithm == algorithm) return row.name;
  }
  return {};
}

}  // namespace tenancy
