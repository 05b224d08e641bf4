#include "core/refusal.hpp"

#include <array>
#include <cstddef>

namespace tenancy {
namespace {

struct Row {
  std::string_view name;
  RefusalClass cls;
  std::string_view meaning;
};

constexpr std::array rows{
#define X(name, cls, meaning) Row{#name, RefusalClass::cls, meaning},
    TENANCY_REFUSALS(X)
#undef X
};

const Row &row(Refusal refusal) noexcept {
  return rows[static_cast<std::size_t>(refusal)];
}

}  // namespace

std::string_view refusal_name(Refusal refusal) noexcept {
  return row(refusal).name;
}

Refusal refusal_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name == name) return static_cast<Refusal>(i);
  return Refusal::none;
}

std::string_view refusal_meaning(Refusal refusal) noexcept {
  return row(refusal).meaning;
}
RefusalClass refusal_class(Refusal refusal) noexcept {
  return row(refusal).cls;
}

}  // namespace tenancy
