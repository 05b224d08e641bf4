// Reading what the command line names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace tenancy::policy {

// The bytes of a file; "-" is standard input. Throws std::runtime_error if it cannot be read or
// is longer than limit bytes.
std::string read_input(const std::string &path, std::size_t limit);

// A token as an argument names it: "-" is standard input. One line break after it is the
// terminal's, not the token's. Throws as read_input() does.
std::string read_token(const std::string &argument, std::size_t limit);

// "name=value" in two; the value may hold further equal signs. Throws CLI::ValidationError, naming
// the option, if there is no equal sign or no name.
std::pair<std::string, std::string> split_assignment(const std::string &option,
                                                     const std::string &text);

}  // namespace tenancy::policy
