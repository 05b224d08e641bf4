// NAME.schema.yaml: a schema as a file, so that a policy can be checked without a server, and that
// a change of the tables shows in a review.
//
//   schema: 1
//   postgresql: 15
//   types:
//     bigint: { class: integer, leakproof: [equal, less] }
//   tables:
//     public.tickets:
//       owner: app_owner
//       row_security: forced
//       columns:
//         id: bigint not null generated always as identity
//         company_id: bigint not null
//       keys:
//         tickets_pkey: primary key (id)
//       foreign_keys:
//         tickets_company: (company_id) references public.companies (id) on delete cascade
//       indexes:
//         tickets_by_company: btree (company_id, (lower(subject))) where (company_id > 0)
//   views: functions: sequences:
//   complete: true              # the last line: nothing was cut off
//
// What stands in a value is SQL; where a line has nothing to say it is left out. Partitions whose
// columns are those of their parent do not repeat them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "policy/diagnostic.hpp"
#include "policy/schema.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

inline constexpr std::size_t max_schema_size = 64 << 20;  // bytes

// The same bytes for the same schema. REQUIRES: schema is arranged. Throws std::invalid_argument if
// a name is not UTF-8, which a database in SQL_ASCII may have.
std::string format_schema(const Schema &schema);

// What format_schema() wrote, arranged. A file that is damaged, or of another version, is reported
// at each place, and gives nothing. A schema from here is whole: each column's type is in types,
// no table is a partition of itself, not even by way of others.
std::optional<Schema> parse_schema(const Source &source, Diagnostics &diagnostics);

}  // namespace tenancy::policy
