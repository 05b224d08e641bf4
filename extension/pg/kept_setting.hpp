// The settings that drivers and object mappers send when they connect, and expect to last: the only
// ones that a pool's session may set for longer than a transaction. docs/session.md lists them.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// search_path is none of them, although PostgreSQL 18 reports it: it decides what a name means.
inline constexpr const char *kept_settings[] = {
    "application_name", "bytea_output",       "client_encoding", "client_min_messages",
    "DateStyle",        "extra_float_digits", "IntervalStyle",   "standard_conforming_strings",
    "TimeZone",
};

inline bool is_kept_setting(const char *name) noexcept {
  for (const char *kept : kept_settings)
    if (pg_strcasecmp(kept, name) == 0) return true;
  return false;
}

// A client's quoting rests on these two: with another value a quoted literal could end early.
inline bool is_safe_value(const char *name, const char *value) noexcept {
  if (pg_strcasecmp(name, "client_encoding") == 0)
    return value != nullptr && pg_char_to_encoding(value) == PG_UTF8;
  if (pg_strcasecmp(name, "standard_conforming_strings") == 0) {
    bool on = false;
    return value != nullptr && parse_bool(value, &on) && on;
  }
  return true;
}

}  // namespace tenancy::pg
