// Writing what the command line asks for.
#pragma once

#include <string>

namespace tenancy::policy {

// To the file, the old one or the whole new one, never a part; to the standard output if path is
// empty. Throws std::runtime_error.
void write_output(const std::string &path, const std::string &text);

}  // namespace tenancy::policy
