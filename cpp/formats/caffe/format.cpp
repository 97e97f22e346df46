#include "formats/caffe/format.h"

#include "formats/caffe/decode.h"
#include "formats/caffe/layer_types.h"
#include "formats/caffe/ops/all_ops.h"
#include "formats/common/coverage.h"

namespace modelconv {
namespace caffe {
namespace {

bool recognises(const Source& source) {
  return !source.is_folder && (looks_like_prototxt(source.bytes) || looks_like_caffemodel(source.bytes));
}

Model read(const ReadRequest& request) {
  Model model = decode(request);
  raise_graph(*model.graph, op_mappings(), "reading Caffe", request.custom_ops);
  return model;
}

std::vector<OperatorCoverage> operators() {
  std::vector<OperatorCoverage> rows = coverage_of(op_mappings());
  for (const auto& [type, note] : types_without_nodes())
    rows.push_back({"caffe." + type, "", true, false, note});
  sort_rows(rows);
  return rows;
}

}  // namespace
}  // namespace caffe

const Format& caffe_format() {
  static const Format format = {"caffe",
                                "Caffe .prototxt with its .caffemodel",
                                {".prototxt", ".caffemodel"},
                                caffe::recognises,
                                caffe::read,
                                nullptr,
                                caffe::operators};
  return format;
}

}  // namespace modelconv
