#include "base/version.h"

namespace modelconv {

std::string_view version() { return MODELCONV_VERSION; }  // from python/modelconv/__init__.py, through CMakeLists.txt

}  // namespace modelconv
