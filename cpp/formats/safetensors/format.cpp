#include "formats/safetensors/format.h"

#include "base/error.h"
#include "formats/safetensors/decode.h"

namespace modelconv {
namespace safetensors {
namespace {

bool recognises(const Source& source) { return looks_like_safetensors(source.bytes); }

Model read(const ReadRequest& request) {
  std::string part;
  for (const auto& [name, value] : request.options) {
    ENSURE(name == "part", BadArgument, "reading safetensors has no option '{}', only 'part'", name);
    part = value;
  }
  WeightList weights;
  decode(request.source.bytes, request.source.keep_alive, weights);
  if (!part.empty()) weights.keep_part(part);
  return weights.take();
}

}  // namespace
}  // namespace safetensors

const Format& safetensors_format() {
  static const Format format = [] {
    Format tensors;
    tensors.name = "safetensors";
    tensors.description = "safetensors (weights only)";
    tensors.suffixes = {".safetensors"};
    tensors.recognises = safetensors::recognises;
    tensors.read = safetensors::read;
    return tensors;
  }();
  return format;
}

}  // namespace modelconv
