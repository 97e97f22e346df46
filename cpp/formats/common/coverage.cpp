#include "formats/common/coverage.h"

#include <algorithm>
#include <tuple>

namespace modelconv {

void sort_rows(std::vector<OperatorCoverage>& rows) {
  std::sort(rows.begin(), rows.end(), [](const OperatorCoverage& a, const OperatorCoverage& b) {
    return std::tie(a.name, a.canonical, a.is_read, a.is_written, a.note) <
           std::tie(b.name, b.canonical, b.is_read, b.is_written, b.note);
  });
}

}  // namespace modelconv
