// Names that are handed out once each.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

namespace modelconv {

class UniqueNames {
 public:
  // The wanted name, or when it is taken the first of "x_1", "x_2", ... that is free. Ten thousand names from one take
  // linear time: no number is tried twice.
  std::string take(const std::string& wanted);

 private:
  std::unordered_set<std::string> taken_;
  std::unordered_map<std::string, size_t> last_number_;
};

}  // namespace modelconv
