#include "formats/common/pickled_state.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "formats/common/numpy_dtype.h"

namespace modelconv {

using Kind = PickleValue::Kind;

namespace {

// Source: ndarray.__reduce__ and dtype.__reduce__ of NumPy 1 and 2; numpy.core moved to numpy._core.
constexpr std::string_view kReconstruct = "multiarray._reconstruct", kScalar = "multiarray.scalar",
                           kFromBuffer = "numeric._frombuffer";

// "multiarray.scalar" for "numpy.core.multiarray.scalar"; nothing for what is not NumPy's core.
std::string_view in_numpy_core(std::string_view global) {
  for (const std::string_view prefix : {"numpy.core.", "numpy._core."})
    if (global.starts_with(prefix)) return global.substr(prefix.size());
  return {};
}

constexpr std::array kContainers = {
    std::string_view("collections.OrderedDict"),
    std::string_view("collections.defaultdict"),
    std::string_view("argparse.Namespace"),
    std::string_view("types.SimpleNamespace"),
    std::string_view("builtins.dict"),
    std::string_view("__builtin__.dict"),
    std::string_view("builtins.set"),
    std::string_view("__builtin__.set"),
    std::string_view("builtins.frozenset"),
    std::string_view("__builtin__.frozenset"),
    std::string_view("builtins.list"),
    std::string_view("__builtin__.list"),
};

// Without a copy where the bytes stand in the pickle; protocol 2 writes them as Latin-1 text (_codecs.encode).
struct HeldBytes {
  Bytes bytes;
  std::shared_ptr<const void> owner;  // null: the pickle's own
};

// U+0080 to U+00FF are two bytes in UTF-8, beginning with C2 or C3.
std::shared_ptr<const std::string> latin1_bytes(std::string_view text) {
  auto bytes = std::make_shared<std::string>();
  bytes->reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80) {
      bytes->push_back(text[i]);
      continue;
    }
    ENSURE((first == 0xC2 || first == 0xC3) && i + 1 < text.size(), MalformedModelError,
           "an array's contents are no Latin-1 text");
    bytes->push_back(static_cast<char>((first & 3U) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3FU)));
  }
  return bytes;
}

// bytes, bytearray(bytes), and what both look like in protocol 2: _codecs.encode(text, 'latin1').
HeldBytes held_bytes(const PickleValue& value) {
  PickleValue inner = value;
  for (int wrapped = 0; wrapped < 2 && inner.is(Kind::call); ++wrapped) {
    const std::string_view callee = inner.callee();
    ENSURE(callee == "_codecs.encode" || callee.ends_with(".bytearray"), MalformedModelError,
           "an array's contents come from '{}'", callee);
    const std::vector<PickleValue> arguments = inner.arguments();
    if (arguments.empty()) return {};
    inner = arguments[0];
  }
  if (inner.is(Kind::bytes)) return {inner.as_bytes("array's contents"), nullptr};
  const auto owner = latin1_bytes(inner.as_text("array's contents"));
  return {std::as_bytes(std::span(*owner)), owner};
}

// Of a pickled dtype: numpy.dtype('f4', False, True) with the state (3, '<', ...).
std::string dtype_name(const PickleValue& dtype) {
  ENSURE(dtype.callee() == "numpy.dtype", MalformedModelError, "an array's type is {}",
         name_of(dtype.kind()));
  const std::vector<PickleValue> arguments = dtype.arguments();
  ENSURE(!arguments.empty(), MalformedModelError, "an array's type has no name");
  const std::string name(arguments[0].as_text("array's type"));
  const std::vector<PickleValue> state = dtype.state().items();
  if (state.size() < 2 || name.empty()) return name;
  return std::string(state[1].as_text("byte order")) + name;
}

Dims dims_of(const PickleValue& shape) {
  Dims dims;
  if (shape.is(Kind::integer)) return {shape.as_integer("shape")};
  for (const PickleValue& size : shape.items()) dims.push_back(size.as_integer("shape"));
  return dims;
}

struct PickledArray {
  std::string dtype;
  Dims dims;
  bool is_column_major = false;
  PickleValue contents;  // bytes, or a list of objects
};

// Nothing when the object is no array of NumPy's.
std::optional<PickledArray> pickled_array(const PickleValue& value) {
  const std::string_view function = in_numpy_core(value.callee());
  if (function == kReconstruct) {
    const std::vector<PickleValue> state =
        value.state().items();  // version, shape, dtype, is column-major, contents
    ENSURE(state.size() >= 5, MalformedModelError, "a pickled array has no contents");
    return PickledArray{dtype_name(state[2]), dims_of(state[1]), state[3].as_bool("order"), state[4]};
  }
  const std::vector<PickleValue> arguments = value.arguments();
  if (function == kScalar && arguments.size() >= 2)
    return PickledArray{dtype_name(arguments[0]), {}, false, arguments[1]};
  if (function == kFromBuffer && arguments.size() >= 4)  // contents, dtype, shape, order
    return PickledArray{dtype_name(arguments[1]), dims_of(arguments[2]), arguments[3].as_text("order") == "F",
                        arguments[0]};
  return std::nullopt;
}

class Flattener {
 public:
  Flattener(const ReadLeaf& read_leaf, const std::shared_ptr<const void>& keep_alive, WeightList& weights)
      : read_leaf_(read_leaf), keep_alive_(keep_alive), weights_(weights) {}

  void visit(const PickleValue& value, const std::string& name, int depth) {
    ENSURE(depth <= kDeepest, MalformedModelError, "the containers at '{}' are nested too deeply",
           name.substr(0, 80));
    ENSURE(++visited_ <= kMostValues, MalformedModelError, "the pickle holds more than {} values",
           kMostValues);
    if (read_leaf_)
      if (std::optional<Tensor> tensor = read_leaf_(value, name))
        return weights_.add(name, std::move(*tensor));
    if (const std::optional<PickledArray> array = pickled_array(value))
      return visit_array(*array, name, depth);
    if (visit_scalar(value, name)) return;
    visit_container(value, name, depth);
  }

  void note_left_out() const {
    if (left_out_.empty()) return;
    std::string names;
    for (const std::string& name : left_out_) names += (names.empty() ? "" : ", ") + name;
    weights_.note("objects of these classes hold no weights and are left out: " + names);
  }

 private:
  // Real files nest some ten containers; objects that contain themselves end here.
  static constexpr int kDeepest = 64;
  static constexpr int64_t kMostValues = 4'000'000;
  static constexpr size_t kLongestText = 1000;

  // Texts and dates among weights are noted.
  std::optional<NumpyDType> known_type(const PickledArray& array, const std::string& name) {
    try {
      return numpy_dtype(array.dtype);
    } catch (const UnknownFormatError& problem) {
      weights_.note(valid_utf8(fmt::format("array '{}' is left out: {}", name, problem.message())));
      return std::nullopt;
    }
  }

  void visit_array(const PickledArray& array, const std::string& name, int depth) {
    const std::optional<NumpyDType> type = known_type(array, name);
    if (!type) return;
    if (type->dtype == DType::undefined) {
      const std::vector<PickleValue> items = array.contents.items();
      if (array.dims.empty() && items.size() == 1) return visit(items[0], name, depth + 1);
      return visit_items(items, name, depth);
    }
    const HeldBytes held = held_bytes(array.contents);
    weights_.add(name, numpy_elements(array.dtype, array.dims, array.is_column_major, held.bytes,
                                      held.owner ? held.owner : keep_alive_));
  }

  bool visit_scalar(const PickleValue& value, const std::string& name) {
    switch (value.kind()) {
      case Kind::none: return true;
      case Kind::boolean: weights_.describe(name, value.as_bool(name) ? "true" : "false"); return true;
      case Kind::integer: weights_.describe(name, std::to_string(value.as_integer(name))); return true;
      case Kind::real: weights_.describe(name, fmt::format("{}", value.as_real(name))); return true;
      case Kind::text:
        if (value.as_text(name).size() <= kLongestText)
          weights_.describe(name, std::string(value.as_text(name)));
        return true;
      case Kind::bytes:
      case Kind::large_integer:
      case Kind::global:
      case Kind::persistent_id: return true;
      default: return false;
    }
  }

  void visit_items(const std::vector<PickleValue>& items, const std::string& name, int depth) {
    for (size_t i = 0; i < items.size(); ++i) visit(items[i], dotted(name, std::to_string(i)), depth + 1);
  }

  static std::string key_text(const PickleValue& key) {
    if (key.is(Kind::text) || key.is(Kind::bytes)) return std::string(key.as_text("key"));
    if (key.is(Kind::integer) || key.is(Kind::boolean)) return std::to_string(key.as_integer("key"));
    if (key.is(Kind::real)) return fmt::format("{}", key.as_real("key"));
    return std::string(name_of(key.kind()));
  }

  void visit_pairs(const PickleValue& value, const std::string& name, int depth) {
    for (const auto& [key, held] : value.pairs()) visit(held, dotted(name, key_text(key)), depth + 1);
  }

  void visit_container(const PickleValue& value, const std::string& name, int depth) {
    if (!value.is(Kind::call)) {
      visit_pairs(value, name, depth);
      return visit_items(value.items(), name, depth);
    }
    if (std::find(kContainers.begin(), kContainers.end(), value.callee()) == kContainers.end()) {
      left_out_.insert(valid_utf8(value.callee()));
      return;
    }
    for (const PickleValue& argument : value.arguments()) {  // OrderedDict([(key, value), ...]), set([...])
      if (argument.is(Kind::dict)) visit_pairs(argument, name, depth);
      if (argument.is(Kind::list)) visit_arguments(argument, name, depth);
    }
    visit_pairs(value, name, depth);
    visit_items(value.items(), name, depth);
    // What stands in `__dict__`: OrderedDict's `_metadata` of PyTorch, which holds versions, is not for people.
    if (value.callee().ends_with("Namespace")) visit_pairs(value.state(), name, depth);
  }

  void visit_arguments(const PickleValue& list, const std::string& name, int depth) {
    const std::vector<PickleValue> items = list.items();
    for (size_t i = 0; i < items.size(); ++i) {
      const std::vector<PickleValue> pair = items[i].items();
      if (pair.size() == 2 && (pair[0].is(Kind::text) || pair[0].is(Kind::bytes)))
        visit(pair[1], dotted(name, key_text(pair[0])), depth + 1);
      else
        visit(items[i], dotted(name, std::to_string(i)), depth + 1);
    }
  }

  const ReadLeaf& read_leaf_;
  const std::shared_ptr<const void>& keep_alive_;
  WeightList& weights_;
  int64_t visited_ = 0;
  std::set<std::string> left_out_;
};

// Big-endian elements in the machine's order. Complex numbers are two of half the width.
Tensor swapped(const Tensor& tensor) {
  const auto width = static_cast<size_t>(bit_width(tensor.dtype())) / (is_complex(tensor.dtype()) ? 16 : 8);
  Tensor result = Tensor::allocate(tensor.dtype(), tensor.dims());
  const std::span<std::byte> target = result.mutable_bytes();
  std::copy(tensor.bytes().begin(), tensor.bytes().end(), target.begin());
  for (size_t i = 0; i + width <= target.size(); i += width)
    std::reverse(target.begin() + static_cast<ptrdiff_t>(i),
                 target.begin() + static_cast<ptrdiff_t>(i + width));
  return result;
}

}  // namespace

bool is_state_global(std::string_view global) {
  const std::string_view function = in_numpy_core(global);
  if (function == kReconstruct || function == kScalar || function == kFromBuffer) return true;
  // Types of scalars are only named (a dtype as such in a config), never called with a meaning of their own.
  for (const std::string_view name :
       {"numpy.ndarray", "numpy.dtype", "_codecs.encode", "builtins.bytearray", "__builtin__.bytearray",
        "builtins.object", "__builtin__.object", "builtins.int", "__builtin__.int", "builtins.float",
        "copyreg.__newobj__", "copyreg._reconstructor", "copy_reg._reconstructor"})
    if (global == name) return true;
  return std::find(kContainers.begin(), kContainers.end(), global) != kContainers.end();
}

void flatten_state(const PickleValue& root, const std::string& name, const ReadLeaf& read_leaf,
                   const std::shared_ptr<const void>& keep_alive, WeightList& weights) {
  Flattener flattener(read_leaf, keep_alive, weights);
  flattener.visit(root, name, 0);
  flattener.note_left_out();
}

Tensor numpy_elements(std::string_view dtype, Dims dims, bool is_column_major, Bytes bytes,
                      const std::shared_ptr<const void>& keep_alive) {
  const NumpyDType type = numpy_dtype(dtype);
  ENSURE(type.dtype != DType::undefined, MalformedModelError, "an array of objects holds no numbers");
  std::vector<int64_t> strides =
      column_major_strides(is_column_major ? dims : Dims(dims.rbegin(), dims.rend()));
  if (!is_column_major) std::ranges::reverse(strides);
  const Tensor tensor = strided_tensor(type.dtype, std::move(dims), strides, 0, bytes, keep_alive);
  return type.is_swapped ? swapped(tensor) : tensor;
}

}  // namespace modelconv
