// Showing diagnostics as the command line asks for.
#pragma once

#include <memory>

#include "policy/diagnostic.hpp"
#include "policy/render.hpp"
#include "policy/source.hpp"

namespace CLI {
class App;
}

namespace tenancy::policy {

// Adds --format to a subcommand. The value is there once the command line is parsed.
std::shared_ptr<Format> add_format(CLI::App &command);

enum class Stream { output, error };

// Writes the diagnostics; in colours if that is for people, on a terminal, and the environment does
// not set NO_COLOR. Throws std::runtime_error if it cannot.
void report(const Diagnostics &diagnostics, const Source &source, Format format, Stream stream);

}  // namespace tenancy::policy
