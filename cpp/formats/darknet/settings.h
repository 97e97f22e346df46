#pragma once

#include "formats/common/format.h"
#include "formats/darknet/network.h"

namespace modelconv::darknet {

// Throws BadArgument for options that are not known or have no such value.
Settings read_settings(const FormatOptions& options);

}  // namespace modelconv::darknet
