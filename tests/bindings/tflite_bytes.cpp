// The TFLite decoder and encoder by themselves, without the translation to canonical operators.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <map>
#include <memory>
#include <tuple>

#include "base/error.h"
#include "formats/tflite/decode.h"
#include "formats/tflite/encode.h"
#include "formats/tflite/quantization.h"
#include "ir/text.h"

namespace modelconv {
namespace {

namespace py = pybind11;

Model decode(const std::string& bytes) {
  const auto kept = std::make_shared<const std::string>(bytes);
  return tflite::decode({{}, false, std::as_bytes(std::span(*kept)), kept});
}

using Parameters = std::map<std::string, std::tuple<std::vector<float>, std::vector<int64_t>, int64_t>>;

Value* find(const Graph& graph, const std::string& name) {
  Value* value = graph.find_value(name);
  ENSURE(value, BadArgument, "the graph has no value '{}'", name);
  return value;
}

}  // namespace

void bind_tflite_bytes(py::module_& m) {
  // decode, then encode
  m.def("tflite_recode", [](const py::bytes& bytes) {
    return py::bytes(tflite::encode(decode(std::string(bytes))).to_string());
  });
  m.def("tflite_text", [](const py::bytes& bytes) { return to_text(*decode(std::string(bytes)).graph); });
  // a graph of "tflite.X" operators, as ir/text.h spells it; scales, zero points and axis of quantised values by name
  m.def(
      "tflite_from_text",
      [](const std::string& text, const Parameters& quantization) {
        Model model;
        model.graph = parse_graph(text);
        for (const auto& [name, q] : quantization)
          tflite::set_quantization(*find(*model.graph, name),
                                   {std::get<0>(q), std::get<1>(q), std::get<2>(q)});
        return py::bytes(tflite::encode(model).to_string());
      },
      py::arg("text"), py::arg("quantization") = Parameters{});
}

}  // namespace modelconv
