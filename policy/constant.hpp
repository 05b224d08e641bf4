// Whether a constant of a condition is a value of a type, as it is meant: what PostgreSQL would
// take but understand in a way that depends on who applies the policy, or when, is none.
#pragma once

#include <string>
#include <string_view>

#include "policy/condition.hpp"
#include "policy/schema.hpp"

namespace tenancy::policy {

struct Misfit {
  std::string message;  // empty: it fits
  std::string help;
};

// type: the SQL spelling of a type that is no domain, as the schema has it; labels: of an
// enumeration. REQUIRES: is_constant(constant).
Misfit misfit(const Operand &constant, TypeClass type_class, std::string_view type,
              const std::vector<std::string> &labels);

// The number in parentheses after a type: 40 of `character varying(40)`; 0 if there is none.
std::size_t length_of(std::string_view type);

}  // namespace tenancy::policy
