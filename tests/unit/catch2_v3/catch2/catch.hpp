// The one header of Catch2 2 (Debian 12's), for Catch2 3, which has many: CMakeLists.txt puts this
// directory into the include path where that is found.
#pragma once

#include <catch2/catch_all.hpp>
