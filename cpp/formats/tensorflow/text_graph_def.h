// GraphDef in protobuf's text form (.pbtxt).
#pragma once

#include <string>

#include "base/mapped_file.h"

namespace modelconv::tensorflow {

bool looks_like_text_graph_def(Bytes bytes);
// The binary form of the same message. MalformedModelError with the line.
std::string text_graph_def_to_binary(Bytes bytes);

}  // namespace modelconv::tensorflow
