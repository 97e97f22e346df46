// Made-up inputs for a graph: seeded, of the declared dtypes and shapes, integers within the range that their use allows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ir/graph.h"
#include "ops/kernel.h"

namespace modelconv {

struct InputOptions {
  uint64_t seed = 0;
  // Sizes for named dimensions ("batch" -> 4). Others take what their place suggests: 1 for the first axis, 64 for the
  // spatial axes of an image, 3 for its channels, `length` for anything else; the same symbol has the same size
  // everywhere.
  std::map<std::string, int64_t> sizes;
  int64_t length = 8;
};

// One value for each graph input, in order. Floats are normal with deviation 1; integers keep to what their use allows
// (verify/input_use.h), bytes without a known use are those of an image, other integers 0 or 1; inputs with "mask" in their
// name are rows of ones with zeros at the end; booleans are fair coins; a sequence has two items, an optional its value.
// ShapeError for inputs of unknown rank or another type: these the caller must give.
std::vector<RuntimeValue> make_inputs(const Graph& graph, const InputOptions& options = {});

}  // namespace modelconv
