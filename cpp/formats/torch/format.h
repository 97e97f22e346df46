// PyTorch programs: live modules (torch.export), `.pt2` archives and TorchScript archives.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

const Format& torch_format();

}  // namespace modelconv
