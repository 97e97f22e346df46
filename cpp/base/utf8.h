// Text that comes from files: names have to be valid UTF-8, Python for one cannot show others.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace modelconv {

// Length of the UTF-8 sequence with which `text` (not empty) begins; 0 when there is no valid one.
size_t utf8_length(std::string_view text);

bool is_valid_utf8(std::string_view text);

// `text` with every byte that is not part of valid UTF-8 replaced by '?'.
std::string valid_utf8(std::string_view text);

}  // namespace modelconv
