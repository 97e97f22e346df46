#include "formats/tflite/format.h"

#include "base/error.h"
#include "formats/common/mapping.h"
#include "formats/tflite/decode.h"
#include "formats/tflite/lower/all_lowerings.h"
#include "formats/tflite/lower/write.h"
#include "formats/tflite/ops/all_ops.h"
#include "formats/tflite/schema.h"
#include "wire/flatbuffer.h"

namespace modelconv {
namespace tflite {
namespace {

bool recognises(const Source& source) {
  return !source.is_folder && flatbuffer::has_identifier(source.bytes, kIdentifier);
}

std::string option(const ReadRequest& request, std::string_view name, std::string fallback) {
  const auto found = request.options.find(std::string(name));
  return found == request.options.end() ? fallback : found->second;
}

Model read(const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    ENSURE(name == "signature", BadArgument, "the TFLite reader has no option '{}'", name);
  Model model = decode(request.source, option(request, "signature", ""));
  raise_graph(*model.graph, op_mappings(), "reading TFLite", request.custom_ops);
  return model;
}

// What is read, and below it what is written: one TFLite operator serves several canonical ones.
std::vector<OperatorCoverage> operators() {
  std::vector<OperatorCoverage> rows = coverage_of(op_mappings()), written = coverage_of(lowerings());
  rows.insert(rows.end(), written.begin(), written.end());
  return rows;
}

}  // namespace
}  // namespace tflite

const Format& tflite_format() {
  static const Format instance = [] {
    Format format;
    format.name = "tflite";
    format.description = "TFLite (LiteRT) flatbuffer";
    format.suffixes = {".tflite", ".lite"};
    format.recognises = tflite::recognises;
    format.read = tflite::read;
    format.write = tflite::write;
    format.operators = tflite::operators;
    return format;
  }();
  return instance;
}

}  // namespace modelconv
