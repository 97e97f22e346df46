// Names that TensorFlow takes: letters, digits and _ . - / after a letter, a digit or a dot.
#pragma once

#include <string>
#include <string_view>

#include "base/unique_names.h"

namespace modelconv::tensorflow {

// As close to `name` as it can be: "a:0" is "a", other characters become '_'. Never empty.
std::string legal_name(std::string_view name);

// Hands out legal names, each once in one graph or function.
class Names {
 public:
  std::string take(std::string_view wanted) { return names_.take(legal_name(wanted)); }

 private:
  UniqueNames names_;
};

}  // namespace modelconv::tensorflow
