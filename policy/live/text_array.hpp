// Arrays as the server prints them: {a,"b c",NULL}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenancy::policy {

// The elements of a one-dimensional array in the server's text form; a null is an empty string.
// Throws std::invalid_argument for what the server does not print.
std::vector<std::string> read_text_array(std::string_view text);

// The same form, for a parameter of type text[], name[] or oid[].
std::string write_text_array(const std::vector<std::string> &elements);

}  // namespace tenancy::policy
