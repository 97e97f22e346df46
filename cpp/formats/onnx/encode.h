// Writes ONNX files.
#pragma once

#include <filesystem>
#include <optional>

#include "base/atomic_file.h"
#include "ir/model.h"

namespace modelconv {

struct OnnxEncodeOptions {
  // Of the default domain. Nothing: the opset that the model was read with, else kDefaultOnnxOpset; and when that cannot
  // say all of the graph, the lowest that can.
  std::optional<int64_t> opset;
  // Weights in a second file "<target>.data"; nothing: when the model would come near 2 GiB, the limit of protobuf.
  std::optional<bool> external_data;
};

inline constexpr int64_t kDefaultOnnxOpset = 18;

// Writes a lowered copy of the canonical graph to `target` through `files`, which the caller commits. Weights are
// written from where they lie. Equal models give equal bytes. UnsupportedOpError when the opset cannot say the graph.
void encode_onnx(const Model& model, const std::filesystem::path& target, const OnnxEncodeOptions& options,
                 AtomicFiles& files);

// The same as one string, without external data. BadArgument when it would reach 2 GiB.
std::string encode_onnx(const Model& model, std::optional<int64_t> opset = std::nullopt);

}  // namespace modelconv
