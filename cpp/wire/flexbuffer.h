// Reads flexbuffers: values that say their types themselves. Only what custom operators of TFLite say is understood: a map
// of names to numbers, or a list of texts. Layout: https://flatbuffers.dev/internals/ (Flexbuffers).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"

namespace modelconv::flexbuffer {

// The numbers (truth values among them) of a map; entries of other types are left out. MalformedModelError when the root is
// no map or an offset leads out of the bytes.
std::map<std::string, double, std::less<>> read_numbers(Bytes bytes);

// Texts and blobs of a list, as views.
std::vector<std::string_view> read_texts(Bytes bytes);

}  // namespace modelconv::flexbuffer
