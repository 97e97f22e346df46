#include "base/unique_names.h"

namespace modelconv {

std::string UniqueNames::take(const std::string& wanted) {
  if (taken_.insert(wanted).second) return wanted;
  for (size_t& number = last_number_[wanted];;) {
    std::string name = wanted + "_" + std::to_string(++number);
    if (taken_.insert(name).second) return name;
  }
}

}  // namespace modelconv
