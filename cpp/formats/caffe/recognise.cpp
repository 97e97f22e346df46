#include <algorithm>
#include <array>

#include "formats/caffe/decode.h"
#include "wire/protobuf.h"

namespace modelconv::caffe {
namespace {

using protobuf::WireType;

// A layer in binary form: its name and its type, the type as text (V2) or as a number (V1), or a whole V0 layer inside.
bool looks_like_layer(protobuf::Reader layer, bool is_v1) {
  bool has_name = false, has_type = false;
  while (layer.next()) {
    const bool is_bytes = layer.wire_type() == WireType::bytes;
    if (is_v1) {
      has_name = has_name || (layer.field() == 4 && is_bytes) || (layer.field() == 1 && is_bytes);
      has_type = has_type || (layer.field() == 5 && !is_bytes) || (layer.field() == 1 && is_bytes);
    } else {
      has_name = has_name || (layer.field() == 1 && is_bytes);
      has_type = has_type || (layer.field() == 2 && is_bytes);
    }
  }
  return has_name && has_type;
}

}  // namespace

bool looks_like_prototxt(Bytes bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 1 << 16));
  const auto skip_space = [&] {
    while (!text.empty() && std::string_view("# \t\r\n").find(text[0]) != std::string_view::npos)
      text.remove_prefix(text[0] == '#' ? std::min(text.find('\n'), text.size()) : 1);
  };
  skip_space();
  constexpr std::array<std::string_view, 7> kWords = {"layers", "layer",          "input_shape", "input_dim",
                                                      "input",  "force_backward", "name"};
  for (const std::string_view word : kWords) {
    if (!text.starts_with(word)) continue;
    std::string_view all = text;
    text.remove_prefix(word.size());
    skip_space();
    if (!text.starts_with('{') && !text.starts_with(':')) return false;
    return word != "name" || all.find("layer") != std::string_view::npos;
  }
  return false;
}

bool looks_like_caffemodel(Bytes bytes) {
  try {
    protobuf::Reader net(bytes, "NetParameter");
    while (net.next()) {
      if (net.wire_type() != WireType::bytes) {
        if (net.field() != 4 && net.field() != 5 && net.field() != 7) return false;
        continue;
      }
      // The net's name; in a GraphDef, a node, whose first byte is the tag of its own name.
      if (net.field() == 1 && net.as_string().starts_with('\n')) return false;
      if (net.field() == 100) return looks_like_layer(net.as_message("layer"), false);
      if (net.field() == 2) return looks_like_layer(net.as_message("layers"), true);
      if (net.field() > 8) return false;
    }
  } catch (const MalformedModelError&) {  // then it is something else
  }
  return false;
}

}  // namespace modelconv::caffe
