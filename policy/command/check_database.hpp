// `tenancy check FILE --db`: a live database against the file.
#pragma once

#include <string>

#include "policy/command/command.hpp"
#include "policy/model.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

// Prints what is found to the standard output. conninfo: as Database takes it.
ExitCode check_database(const Source &source, const Model &model, const std::string &conninfo);

}  // namespace tenancy::policy
