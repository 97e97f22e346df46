#include "bindings/bind_quantization.h"

#include <pybind11/stl.h>

#include "bindings/core_model.h"
#include "passes/quantize/quantize.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;
using Names = std::vector<std::string>;

QuantizeOptions options_from(bool int16, bool per_channel, const Names& keep_float) {
  QuantizeOptions options;
  options.int16_activations = int16;
  options.per_channel = per_channel;
  options.keep_float = {keep_float.begin(), keep_float.end()};
  return options;
}

IoTypes types_from(const std::map<std::string, std::string>& given) {
  IoTypes types;
  for (const auto& [name, dtype] : given) {
    const auto parsed = dtype_from_name(dtype);
    ENSURE(parsed, BadArgument, "'{}' is no element type", dtype);
    types[name] = *parsed;
  }
  return types;
}

// Per value: its name, the name of what stands for it, what makes it, scale, zero point.
py::list quantize_graph(CoreModel& core, const std::map<std::string, std::pair<float, float>>& given,
                        bool int16, bool per_channel, const Names& keep_float) {
  core.changed();
  Ranges ranges;
  for (const auto& [name, range] : given) ranges[name] = {range.first, range.second};
  py::list rows;
  for (const QuantizedValue& value :
       quantize(*core.model.graph, ranges, options_from(int16, per_channel, keep_float)))
    rows.append(py::make_tuple(value.name, value.dequantized, value.made_by, value.scale, value.zero_point));
  return rows;
}

}  // namespace

void bind_quantization(py::module_& m) {
  auto model = m.attr("Model").cast<py::class_<CoreModel, CoreModelPtr>>();
  model
      .def(
          "values_to_observe",
          [](const CoreModel& core, bool int16, bool per_channel, const Names& keep_float) {
            return values_to_observe(*core.model.graph, options_from(int16, per_channel, keep_float));
          },
          py::kw_only(), "int16"_a = false, "per_channel"_a = true, "keep_float"_a = Names{})
      .def(
          "prepare_for_integers",
          [](CoreModel& core, bool int16, bool per_channel, const Names& keep_float) {
            core.changed();
            prepare_for_integers(*core.model.graph, options_from(int16, per_channel, keep_float));
          },
          py::kw_only(), "int16"_a = false, "per_channel"_a = true, "keep_float"_a = Names{})
      .def(
          "left_in_float",
          [](const CoreModel& core, bool int16, bool per_channel, const Names& keep_float) {
            std::vector<std::tuple<std::string, std::string, std::string>> rows;
            for (FloatOperator& row :
                 left_in_float(*core.model.graph, options_from(int16, per_channel, keep_float)))
              rows.emplace_back(std::move(row.node), std::move(row.op), std::move(row.reason));
            return rows;
          },
          py::kw_only(), "int16"_a = false, "per_channel"_a = true, "keep_float"_a = Names{})
      .def("quantize", &quantize_graph, "ranges"_a, py::kw_only(), "int16"_a = false, "per_channel"_a = true,
           "keep_float"_a = Names{})
      .def(
          "set_io_types",
          [](CoreModel& core, const std::map<std::string, std::string>& types) {
            core.changed();
            set_io_types(*core.model.graph, types_from(types));
          },
          "types"_a)
      .def("store_weights_as_float16",
           [](CoreModel& core) {
             core.changed();
             return store_weights_as_float16(*core.model.graph);
           })
      .def(
          "store_weights_as_int8",
          [](CoreModel& core, bool per_channel) {
            core.changed();
            return store_weights_as_int8(*core.model.graph, per_channel);
          },
          py::kw_only(), "per_channel"_a = true);
}

}  // namespace modelconv
