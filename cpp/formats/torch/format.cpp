// Programs are decoded by python/modelconv/sources/torch_*.py into a graph of operators "aten.X" (docs/decisions/0010); this
// folder recognises the files and raises that graph.
#include "formats/torch/format.h"

#include <algorithm>
#include <string_view>

#include "base/error.h"
#include "formats/common/mapping.h"
#include "formats/torch/ops/all_ops.h"
#include "formats/torch/ops/complex.h"
#include "wire/zip.h"

namespace modelconv {
namespace torch {
namespace {

// The members' paths begin with a folder of any name. A TorchScript archive has the code of its methods, a .pt2 archive
// the program as JSON (since PyTorch 2.9 below models/); checkpoints have neither.
bool is_program(std::string_view member) {
  const auto ends_with = [&](std::string_view end) { return member.ends_with(end); };
  return member.find("/code/__torch__") != std::string_view::npos || ends_with("/models/model.json") ||
         member == "models/model.json" || ends_with("serialized_exported_program.json");
}

bool recognises(const Source& source) {
  if (source.is_folder || !looks_like_zip(source.bytes)) return false;
  try {
    const ZipArchive archive(source.bytes);
    return std::any_of(archive.entries().begin(), archive.entries().end(),
                       [](const ZipEntry& entry) { return is_program(entry.name); });
  } catch (const MalformedModelError&) {
    return false;  // not for this format to complain of
  }
}

Model refuse_to_decode(const ReadRequest& request) {
  throw UnknownFormatError(fmt::format("{} is a PyTorch program", request.source.describe()))
      .because("it is decoded by the Python package")
      .hint("read it with modelconv.load() or modelconv.convert()");
}

void raise(Graph& graph, const CustomOps& custom_ops) {
  represent_complex_numbers(graph);
  raise_graph(graph, op_mappings(), "reading PyTorch", custom_ops, true);
  forget_complex_numbers(graph);
}

std::unique_ptr<GraphRaiser> raiser(const CustomOps& custom_ops) {
  return std::make_unique<GraphRaiser>(op_mappings(), "reading PyTorch", custom_ops, true);
}

std::vector<OperatorCoverage> operators() { return coverage_of(op_mappings()); }

}  // namespace
}  // namespace torch

const Format& torch_format() {
  static const Format format = {"torch",
                                "PyTorch program (live module, .pt2 archive, TorchScript archive)",
                                {".pt2", ".pt", ".jit"},
                                torch::recognises,
                                torch::refuse_to_decode,
                                nullptr,
                                torch::operators,
                                false,
                                torch::raise,
                                torch::raiser};
  return format;
}

}  // namespace modelconv
