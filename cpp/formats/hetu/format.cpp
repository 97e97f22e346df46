#include "formats/hetu/format.h"

#include "base/error.h"
#include "formats/common/mapping.h"
#include "formats/hetu/ops/all_ops.h"

namespace modelconv {
namespace hetu {
namespace {

bool recognises(const Source&) { return false; }

Model refuse_to_read(const ReadRequest& request) {
  throw UnknownFormatError(fmt::format("{} cannot be read as a graph of Hetu", request.source.describe()))
      .because("Hetu has no file of its own: its graphs are objects of Python")
      .hint("modelconv.convert(executor, ..., inputs=[X], outputs=[y]) with Hetu's nodes");
}

void raise(Graph& graph, const CustomOps& custom_ops) {
  raise_graph(graph, op_mappings(), "reading Hetu", custom_ops);
}

std::vector<OperatorCoverage> operators() { return coverage_of(op_mappings()); }

}  // namespace
}  // namespace hetu

const Format& hetu_format() {
  static const Format format = {"hetu",
                                "Hetu graph (live executor and nodes)",
                                {},
                                hetu::recognises,
                                hetu::refuse_to_read,
                                nullptr,
                                hetu::operators,
                                false,
                                hetu::raise};
  return format;
}

}  // namespace modelconv
