// Reads ONNX files.
#pragma once

#include <filesystem>
#include <memory>

#include "base/mapped_file.h"
#include "ir/model.h"

namespace modelconv {

// The source graph: operators of the default domain carry their opset in their name ("onnx13.Squeeze"), local functions
// are inlined, Constant nodes and initialisers are constants that view the file. `folder` is where external data may
// lie, empty: nowhere. Throws MalformedModelError; FileError for external data.
Model decode_onnx(Bytes bytes, std::shared_ptr<const void> keep_alive, const std::filesystem::path& folder);

// decode_onnx, then raised to the canonical opset with all types inferred.
Model read_onnx(Bytes bytes, std::shared_ptr<const void> keep_alive, const std::filesystem::path& folder);

}  // namespace modelconv
