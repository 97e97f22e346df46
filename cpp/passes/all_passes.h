// Contents of passes/: one line per file, and the named pipelines.
#pragma once

#include "passes/pass.h"

namespace modelconv {

// What simplify() runs.
const std::vector<Pass>& simplify_pipeline();
// What every conversion runs right after raising, even with simplify=False: layout transposes that the reader itself
// put in are moved and cancelled, constants folded.
const std::vector<Pass>& cleanup_pipeline();
// All passes, by name, for `--explain` and the docs.
std::vector<const Pass*> all_passes();

}  // namespace modelconv
