// The TFLite decoder and encoder by themselves, without the translation to canonical operators.
#include <pybind11/pybind11.h>

#include <memory>

#include "formats/tflite/decode.h"
#include "formats/tflite/encode.h"
#include "ir/text.h"

namespace modelconv {
namespace {

namespace py = pybind11;

Model decode(const std::string& bytes) {
  const auto kept = std::make_shared<const std::string>(bytes);
  return tflite::decode({{}, false, std::as_bytes(std::span(*kept)), kept});
}

}  // namespace

void bind_tflite_bytes(py::module_& m) {
  // decode, then encode
  m.def("tflite_recode", [](const py::bytes& bytes) {
    return py::bytes(tflite::encode(decode(std::string(bytes))).to_string());
  });
  m.def("tflite_text", [](const py::bytes& bytes) { return to_text(*decode(std::string(bytes)).graph); });
  // a graph of "tflite.X" operators, as ir/text.h spells it
  m.def("tflite_from_text", [](const std::string& text) {
    Model model;
    model.graph = parse_graph(text);
    return py::bytes(tflite::encode(model).to_string());
  });
}

}  // namespace modelconv
