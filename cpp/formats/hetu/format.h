// Graphs of Hetu (version 1), handed over by the Python package: Hetu has no file of its own.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& hetu_format();

}  // namespace modelconv
