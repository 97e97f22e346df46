// Pickled weights: arrays of NumPy, and the containers around tensors flattened to names with dots.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "formats/common/weights.h"
#include "wire/pickle.h"

namespace modelconv {

// Containers and scalars of Python's own library, and what NumPy's arrays are rebuilt with.
bool is_state_global(std::string_view global);

// What is not a container: a tensor of some library. Nothing: the walk goes on with NumPy's arrays, containers and
// scalars. `name` is for messages.
using ReadLeaf = std::function<std::optional<Tensor>(const PickleValue& value, const std::string& name)>;

// Flattens what hangs below `root`: keys and numbers of elements joined by dots name the tensors; numbers and short
// texts become metadata; what is neither is left out and noted. `keep_alive` owns the pickle's bytes, which the arrays
// may view.
void flatten_state(const PickleValue& root, const std::string& name, const ReadLeaf& read_leaf,
                   const std::shared_ptr<const void>& keep_alive, WeightList& weights);

// The elements of a contiguous array of NumPy's: as they are when they can be viewed, swapped where they are big-endian.
Tensor numpy_elements(std::string_view dtype, Dims dims, bool is_column_major, Bytes bytes,
                      const std::shared_ptr<const void>& keep_alive);

}  // namespace modelconv
