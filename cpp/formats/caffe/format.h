#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& caffe_format();

}  // namespace modelconv
