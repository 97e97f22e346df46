#include "formats/darknet/format.h"

#include "formats/darknet/decode.h"
#include "formats/darknet/ops/all_ops.h"

namespace modelconv {
namespace darknet {
namespace {

// [net] is the first thing that is no comment.
bool recognises(const Source& source) {
  if (source.is_folder) return false;
  std::string_view text(reinterpret_cast<const char*>(source.bytes.data()),
                        std::min<size_t>(source.bytes.size(), 1 << 16));
  while (!text.empty()) {
    const size_t start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return false;
    text.remove_prefix(start);
    if (text[0] != '#' && text[0] != ';') break;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
  return text.starts_with("[net]") || text.starts_with("[network]");
}

void refuse_weights_alone(const Source& source) {
  if (source.path.extension() != ".weights") return;
  const std::string cfg = std::filesystem::path(source.path).replace_extension(".cfg").string();
  throw MalformedModelError("a .weights file holds numbers only: what they are for stands in its .cfg")
      .hint(fmt::format("convert '{}' with weights='{}'", cfg, source.path.string()));
}

Model read(const ReadRequest& request) {
  refuse_weights_alone(request.source);
  Model model = decode(request);
  raise_graph(*model.graph, op_mappings(), "reading Darknet", request.custom_ops);
  return model;
}

std::vector<OperatorCoverage> operators() { return coverage_of(op_mappings()); }

}  // namespace
}  // namespace darknet

const Format& darknet_format() {
  static const Format format = {"darknet",
                                "Darknet .cfg with its .weights",
                                {".cfg", ".weights"},
                                darknet::recognises,
                                darknet::read,
                                nullptr,
                                darknet::operators};
  return format;
}

}  // namespace modelconv
