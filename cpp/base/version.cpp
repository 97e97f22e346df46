#include "base/version.h"

namespace modelconv {

// Defined by CMakeLists.txt, from python/modelconv/__init__.py.
std::string_view version() { return MODELCONV_VERSION; }

}  // namespace modelconv
