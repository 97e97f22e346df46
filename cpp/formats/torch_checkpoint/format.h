// Checkpoints that torch.save wrote: state dicts and containers around them.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& torch_checkpoint_format();

}  // namespace modelconv
