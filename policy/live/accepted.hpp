// Findings that somebody has accepted, with a reason:
//
//   accept:
//     - { check: publication, object: public.documents in news, reason: "the warehouse" }
#pragma once

#include <string>
#include <vector>

#include "policy/diagnostic.hpp"
#include "policy/live/findings.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

struct Accepted {
  std::string check;
  std::string object;  // as the finding has it
  std::string reason;
  Span span;
};

// Reports what is no such list, also a check that there is not.
std::vector<Accepted> read_accepted(const Source &source, Diagnostics &diagnostics);

// Takes out what is accepted, whatever is wrong with the object in that way. Returns how many;
// an entry that nothing answers to is reported as a warning.
std::size_t take_accepted(Findings &findings, const std::vector<Accepted> &accepted,
                          Diagnostics &diagnostics);

}  // namespace tenancy::policy
