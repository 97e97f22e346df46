// Decoder of raw Snappy blocks (without the framing format). Source: google/snappy, format_description.txt.
#pragma once

#include <string>

#include "base/mapped_file.h"

namespace modelconv {

// Throws MalformedModelError. A declared size that no block of this length can reach is refused before it is allocated.
std::string decode_snappy(Bytes block);

}  // namespace modelconv
