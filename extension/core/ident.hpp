// The one spelling of SQL identifiers and literals.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tenancy {

// NAMEDATALEN - 1: PostgreSQL cuts longer identifiers, in silence where they are quoted.
inline constexpr std::size_t max_identifier_size = 63;  // bytes

// The identifier as SQL: bare if it is a lower-case word that no PostgreSQL from 15 to 18 takes for
// a keyword in some place, else in double quotes. REQUIRES: name has no U+0000, which no
// identifier can hold.
std::string quote_identifier(std::string_view name);

// schema.name, each part quoted where it has to be.
std::string quote_qualified(std::string_view schema, std::string_view name);

// The text as an SQL string literal, whatever standard_conforming_strings says. REQUIRES: as above.
std::string quote_literal(std::string_view text);

}  // namespace tenancy
