// Text as a scalar of YAML that read_yaml() gives back unchanged.
#pragma once

#include <string>
#include <string_view>

namespace tenancy::policy {

enum class Place { block, flow };  // flow: between [ ] or { }

// Plain where that is safe, else in quotes; one line, all ASCII escapes where text would not be
// seen for what it is. A key too. Throws std::invalid_argument for what is not UTF-8.
std::string yaml_scalar(std::string_view text, Place place);

}  // namespace tenancy::policy
