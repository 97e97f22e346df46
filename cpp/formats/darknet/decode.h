// From a .cfg and its weights to a graph of "darknet.X" nodes.
#pragma once

#include "formats/common/format.h"
#include "formats/common/mapping.h"

namespace modelconv::darknet {

// Throws MalformedModelError, UnsupportedOpError for sections that are not known, FileError where files are missing,
// BadArgument for options.
Model decode(const ReadRequest& request);

}  // namespace modelconv::darknet
