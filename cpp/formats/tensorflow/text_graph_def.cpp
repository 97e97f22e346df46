#include "formats/tensorflow/text_graph_def.h"

#include "formats/tensorflow/messages.h"
#include "wire/text_schema.h"

namespace modelconv::tensorflow {
namespace {

std::string_view as_text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

// The first word is "node", "library" or "versions", and a brace follows.
bool looks_like_text_graph_def(Bytes bytes) {
  std::string_view text = as_text(bytes).substr(0, 4096);
  const auto skip_space = [&] {
    while (!text.empty() &&
           (text[0] == '#' || text[0] == ' ' || text[0] == '\n' || text[0] == '\r' || text[0] == '\t'))
      text.remove_prefix(text[0] == '#' ? std::min(text.find('\n'), text.size()) : 1);
  };
  skip_space();
  for (const std::string_view word : {"node", "library", "versions"}) {
    if (!text.starts_with(word)) continue;
    text.remove_prefix(word.size());
    skip_space();
    return text.starts_with('{') || text.starts_with(": {") || text.starts_with(":{");
  }
  return false;
}

std::string text_graph_def_to_binary(Bytes bytes) {
  static const text_proto::Schema schema = text_proto::Schema::parse(kMessages);
  std::vector<std::string> unknown;  // newer versions have more fields; the decoder would skip them too
  return text_proto::to_binary(text_proto::parse(as_text(bytes)), schema, "GraphDef", &unknown);
}

}  // namespace modelconv::tensorflow
