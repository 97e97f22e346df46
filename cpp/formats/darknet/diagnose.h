// Why a weights file has another length than its .cfg asks for.
#pragma once

#include <vector>

#include "formats/darknet/network.h"

namespace modelconv::darknet {

// Throws MalformedModelError that names the section at which the two part, as far as that can be told, and the key that
// is likely to be wrong. `requests`: all that the .cfg asks for, in order.
[[noreturn]] void throw_length_mismatch(const WeightsFile& file, const std::vector<WeightRequest>& requests,
                                        const std::vector<Section>& sections, const Network& network);

}  // namespace modelconv::darknet
