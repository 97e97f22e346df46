// What the pickle of a checkpoint says: tensors among Python's containers, and what is refused.
#pragma once

#include <memory>

#include "formats/common/weights.h"
#include "formats/torch_checkpoint/storage.h"

namespace modelconv::torch_checkpoint {

// The pickle at the front of the cursor. A class or function that reading weights has no use for is a
// MalformedModelError that names it; objects of unknown classes are let pass with `skips_unknown`: nothing is ever
// called. UnknownFormatError when the pickle holds a whole module.
Pickle read_pickle(ByteCursor& cursor, bool skips_unknown);

// The tensors below the root, flattened: a module's parameters too, for messages.
void collect_tensors(const Pickle& pickle, const FindStorage& find_storage,
                     const std::shared_ptr<const void>& keep_alive, WeightList& weights);

}  // namespace modelconv::torch_checkpoint
