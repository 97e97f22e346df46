// The text form: whatever is read must be a valid graph, and what it prints as must read back as the same text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "ir/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace modelconv;  // NOLINT(google-build-using-namespace)
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::unique_ptr<Graph> graph;
  try {
    graph = parse_graph(text);
  } catch (const BadArgument&) {
    return 0;
  }
  graph->verify();
  PrintOptions options;
  options.constant_elements = size_t{1} << 12;
  const std::string printed = to_text(*graph, options);
  if (printed.find("{...") != std::string::npos) return 0;  // shortened
  if (to_text(*parse_graph(printed), options) != printed) std::abort();
  return 0;
}
