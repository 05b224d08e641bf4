// `tenancy check FILE --db`: a live database against the file.
#pragma once

#include <string>

#include "policy/command/command.hpp"
#include "policy/model.hpp"
#include "policy/source.hpp"

namespace tenancy::policy {

// Prints what is found to the standard output. conninfo: as Database takes it; accepted: the file
// of accepted findings, or empty.
ExitCode check_database(const Source &source, const Model &model, const std::string &conninfo,
                        const std::string &accepted);

}  // namespace tenancy::policy
