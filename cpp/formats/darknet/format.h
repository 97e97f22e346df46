#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& darknet_format();

}  // namespace modelconv
