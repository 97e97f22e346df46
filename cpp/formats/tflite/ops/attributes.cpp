#include "formats/tflite/ops/attributes.h"

#include "formats/tflite/options.h"
#include "formats/tflite/types.h"

namespace modelconv::tflite {
namespace {

template <class T>
T option(const Translation& t, std::string_view name) {
  if (const T* value = t.node().attrs.get<T>(name)) return *value;
  const BuiltinRow* row = find_builtin(t.node().op().name());
  const Options* options = row ? find_options(row->options) : nullptr;
  ENSURE(options, InternalError, "{} has no options", t.node().describe());
  for (const OptionField& field : options->fields)
    if (field.name == name) {
      const Attribute value = default_of(field);
      if (const T* fallback = std::get_if<T>(&value)) return *fallback;
    }
  throw InternalError(fmt::format("{} has no option {} of that kind", t.node().describe(), name));
}

}  // namespace

int64_t int_of(const Translation& t, std::string_view name) { return option<int64_t>(t, name); }
float float_of(const Translation& t, std::string_view name) { return option<float>(t, name); }
std::string string_of(const Translation& t, std::string_view name) { return option<std::string>(t, name); }
std::vector<int64_t> ints_of(const Translation& t, std::string_view name) {
  return option<std::vector<int64_t>>(t, name);
}
DType dtype_of(const Translation& t, std::string_view name) { return dtype_named(string_of(t, name)); }

Value& activated(Translation& t, Value& y, const std::string& function) {
  const Term x = {t, y};
  if (function == "NONE") return y;
  if (function == "RELU") return compute("Relu", {x}).value();
  if (function == "RELU6") return clip(x, 0, 6).value();
  if (function == "RELU_N1_TO_1") return clip(x, -1, 1).value();
  if (function == "TANH") return compute("Tanh", {x}).value();
  t.refuse("its fused activation is {}", function);
}

Value& activated(Translation& t, Value& y) {
  return activated(t, y, string_of(t, "fused_activation_function"));
}

Value& as_vector(Translation& t, size_t index) { return as_int64_vector(t, t.required(index)); }

}  // namespace modelconv::tflite
