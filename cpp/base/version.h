// The version of modelconv, for the producer fields of written files.
#pragma once

#include <string_view>

namespace modelconv {

std::string_view version();  // "0.1.0"

}  // namespace modelconv
