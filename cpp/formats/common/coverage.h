// The order of the rows in which a format lists its operators.
#pragma once

#include <vector>

#include "formats/common/format.h"

namespace modelconv {

// By the format's operator, then by the canonical one; no two orders are possible.
void sort_rows(std::vector<OperatorCoverage>& rows);

}  // namespace modelconv
