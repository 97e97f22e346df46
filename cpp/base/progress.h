// How the core tells what it does. It never prints; whoever calls it may listen.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace modelconv {

// (stage, done, total): done and total in units of the stage (bytes, nodes, batches); total 0 when not known.
// Called from the thread that called the core. An exception thrown by the listener stops the work.
using ProgressSink = std::function<void(std::string_view stage, int64_t done, int64_t total)>;

}  // namespace modelconv
