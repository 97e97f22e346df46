#include "formats/onnx/format.h"

#include "base/error.h"
#include "formats/common/mapping.h"
#include "formats/onnx/decode.h"
#include "formats/onnx/encode.h"
#include "formats/onnx/schema.h"
#include "ops/op_def.h"
#include "wire/protobuf.h"

namespace modelconv {
namespace {

using onnx::ModelField;
using protobuf::WireType;

bool is_field_of_model(uint32_t field, WireType type) {
  switch (field) {
    case ModelField::ir_version:
    case ModelField::model_version: return type == WireType::varint;
    case ModelField::producer_name:
    case ModelField::producer_version:
    case ModelField::domain:
    case ModelField::doc_string:
    case ModelField::graph:
    case ModelField::opset_import:
    case ModelField::metadata_props:
    case ModelField::training_info:
    case ModelField::functions:
    case ModelField::configuration: return type == WireType::bytes;
    default: return false;
  }
}

// Protobuf has no signature. Every field of the outermost message must be one of ModelProto, and a graph among them; a
// file that is cut short is recognised when it starts with its IR version, as nearly all do.
bool recognises(const Source& source) {
  protobuf::Reader reader(source.bytes, "ModelProto");
  bool has_version = false, has_graph = false;
  try {
    while (reader.next()) {
      if (!is_field_of_model(reader.field(), reader.wire_type())) return false;
      has_version = has_version || reader.field() == ModelField::ir_version;
      has_graph = has_graph || reader.field() == ModelField::graph;
    }
  } catch (const MalformedModelError&) {
    return has_version;
  }
  return has_graph;
}

// Tensors at which the graph is cut are taken from the canonical graph by pipeline/: nothing to do here.
Model read(const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    throw BadArgument(fmt::format("reading ONNX has no option '{}'", name)).hint("it has none at all");
  const auto& path = request.source.path;
  const std::filesystem::path folder = path.empty() ? "" : path.has_parent_path() ? path.parent_path() : ".";
  Model model = read_onnx(request.source.bytes, request.source.keep_alive, folder);
  raise_graph(*model.graph, {}, "reading ONNX", request.custom_ops);
  return model;
}

void write(const Model& model, const WriteRequest& request, AtomicFiles& files) {
  for (const auto& [name, value] : request.options)
    throw BadArgument(fmt::format("writing ONNX has no option '{}'", name)).hint("it has none at all");
  encode_onnx(model, request.target, {request.opset, request.external_data}, files);
}

// What the canonical graph knows. Other operators pass from file to file as they are.
std::vector<OperatorCoverage> operators() {
  std::vector<OperatorCoverage> rows;
  for (const OpDef* op : all_ops()) {
    if (op->op().domain() == "nhwc") continue;  // the channels-last form of writers, in no file
    const char* note = !op->kernel() ? "kept, not evaluated" : op->is_random() ? "random: never folded" : "";
    rows.push_back({op->op().str(), op->op().str(), true, true, note});
  }
  return rows;
}

}  // namespace

const Format& onnx_format() {
  static const Format format = [] {
    Format onnx;
    onnx.name = "onnx";
    onnx.description = "ONNX models";
    onnx.suffixes = {".onnx"};
    onnx.recognises = recognises;
    onnx.read = read;
    onnx.write = write;
    onnx.operators = operators;
    return onnx;
  }();
  return format;
}

}  // namespace modelconv
