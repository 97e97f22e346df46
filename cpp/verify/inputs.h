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
  // spatial axes of an image, 3 for its channels, 8 for anything else; the same symbol has the same size everywhere.
  std::map<std::string, int64_t> sizes;
};

// One tensor for each graph input, in order. Floats are normal with deviation 1; integers that index an axis of known
// size (through Gather, OneHot, ...) stay below it, others are 0 or 1; booleans are fair coins. ShapeError for inputs that are not
// tensors or of unknown rank: these the caller must give.
std::vector<RuntimeValue> make_inputs(const Graph& graph, const InputOptions& options = {});

}  // namespace modelconv
