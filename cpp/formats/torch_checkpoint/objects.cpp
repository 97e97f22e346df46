#include "formats/torch_checkpoint/objects.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "formats/common/pickled_state.h"

namespace modelconv::torch_checkpoint {

using Kind = PickleValue::Kind;

namespace {

// Source: torch/_utils.py and torch/_tensor.py (Tensor.__reduce_ex__), what each is called with.
constexpr std::string_view kTensor = "torch._utils._rebuild_tensor",
                           kTensor2 = "torch._utils._rebuild_tensor_v2",
                           kTensor3 = "torch._utils._rebuild_tensor_v3",
                           kParameter = "torch._utils._rebuild_parameter",
                           kParameterWithState = "torch._utils._rebuild_parameter_with_state",
                           kFromNumpy = "torch._utils._rebuild_device_tensor_from_numpy",
                           kFromCpu = "torch._utils._rebuild_device_tensor_from_cpu_tensor";
constexpr std::string_view kTypes[] = {"torch._tensor._rebuild_from_type_v2",
                                       "torch._tensor._rebuild_from_type"};

struct Refused {
  std::string_view global, what, hint;
};
constexpr Refused kRefused[] = {
    {"torch._utils._rebuild_qtensor", "a quantised tensor",
     "save the float model's state_dict, or call dequantize() on the tensors before saving"},
    {"torch._utils._rebuild_sparse_tensor", "a sparse tensor", "call to_dense() on it before saving"},
    {"torch._utils._rebuild_sparse_csr_tensor", "a sparse tensor", "call to_dense() on it before saving"},
    {"torch._utils._rebuild_nested_tensor", "a nested tensor", "save its parts"},
    {"torch._utils._rebuild_meta_tensor_no_storage", "a tensor without contents (device \"meta\")",
     "load real weights into the module before saving"},
    {"torch._utils._rebuild_wrapper_subclass", "a tensor of a class of its own",
     "save plain tensors: tensor.to_local() or tensor.dequantize()"},
};

// Objects that are only described: settings, versions, devices.
constexpr std::string_view kInert[] = {
    "torch.per_tensor_affine",
    "torch.per_channel_affine",
    "torch.per_channel_affine_float_qparams",
    "torch.strided",
    "torch.Size",
    "torch.device",
    "torch.serialization._get_layout",
    "torch.Tensor",
    "torch.nn.parameter.Parameter",
    "torch.nn.Parameter",
    "datetime.datetime",
    "datetime.date",
    "datetime.timedelta",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "pathlib.PurePosixPath",
    "pathlib._local.PosixPath",
    "decimal.Decimal",
    "fractions.Fraction",
    "uuid.UUID",
    "collections.Counter",
    "collections.deque",
    "builtins.slice",
    "__builtin__.slice",
    "builtins.complex",
    "builtins.range",
    "torch.torch_version.TorchVersion",
};

bool is_known(std::string_view global) {
  if (is_state_global(global) || is_storage_global(global)) return true;
  if (dtype_of_global(global) != DType::undefined) return true;
  for (const std::string_view name : {kTensor, kTensor2, kTensor3, kParameter, kParameterWithState,
                                      kFromNumpy, kFromCpu, kTypes[0], kTypes[1]})
    if (name == global) return true;
  for (const Refused& row : kRefused)
    if (row.global == global) return true;
  return std::find(std::begin(kInert), std::end(kInert), global) != std::end(kInert);
}

// Modules of Python's library whose functions do something: named even where the file is refused for another reason.
bool can_act(std::string_view global) {
  static constexpr std::string_view kModules[] = {
      "os",     "posix",  "nt",    "subprocess", "builtins", "__builtin__", "sys",
      "shutil", "socket", "runpy", "importlib",  "pty",      "commands",    "ctypes"};
  while (!global.empty()) {
    const size_t dot = std::min(global.find('.'), global.size());
    if (std::ranges::find(kModules, global.substr(0, dot)) != std::end(kModules)) return true;
    global.remove_prefix(std::min(dot + 1, global.size()));
  }
  return false;
}

bool has_key(const std::vector<std::pair<PickleValue, PickleValue>>& pairs, std::string_view wanted) {
  return std::any_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
    return pair.first.is(Kind::text) && pair.first.as_text("key") == wanted;
  });
}

// An object whose `__dict__` is that of a torch.nn.Module; its class, or nothing. Looked for where people put it: at the
// root, and in the dicts below it.
std::string module_class(const PickleValue& value, int depth) {
  if (value.is(Kind::call)) {
    const auto attributes = value.state().pairs();
    if (has_key(attributes, "_modules") && has_key(attributes, "_parameters"))
      return std::string(value.callee().empty() ? "a module" : value.callee());
  }
  if (depth == 0) return {};
  for (const auto& [key, held] : value.pairs())
    if (std::string found = module_class(held, depth - 1); !found.empty()) return found;
  return {};
}

// Before PyTorch 1.6 a module's class is a persistent id: ('module', class, its file, its source text).
std::string module_of_sequence(const Pickle& pickle) {
  for (const PickleValue& id : pickle.persistent_ids()) {
    const std::vector<PickleValue> parts = id.items()[0].items();
    if (parts.size() >= 2 && parts[0].is(Kind::text) && parts[0].as_text("persistent id") == "module")
      return std::string(parts[1].global());
  }
  return {};
}

[[noreturn]] void refuse_module(const std::string& name) {
  throw UnknownFormatError(fmt::format("the file holds a whole module, an object of class '{}'", name))
      .because(
          "its code is not in the file and running it would mean to trust the file; weights alone are read")
      .hint(
          "where the class is at hand: torch.save(model.state_dict(), ...), or "
          "modelconv export MODULE:FACTORY with --checkpoint");
}

}  // namespace

Pickle read_pickle(ByteCursor& cursor, bool skips_unknown) {
  Pickle pickle(cursor, [](std::string_view) { return true; });
  const std::vector<std::string>& globals = pickle.globals();
  for (const std::string& global : globals)
    if (!is_known(global) && can_act(global)) throw forbidden_global(global);
  if (const std::string name = module_of_sequence(pickle); !name.empty()) refuse_module(name);
  if (const std::string name = module_class(pickle.root(), 2); !name.empty()) refuse_module(name);
  if (!skips_unknown)
    for (const std::string& global : globals)
      if (!is_known(global))
        throw forbidden_global(global).hint("option skip_unknown=true leaves objects of unknown classes out");
  return pickle;
}

namespace {

std::vector<int64_t> ints_of(const PickleValue& tuple, std::string_view what) {
  std::vector<int64_t> values;
  const PickleValue inner =
      tuple.callee() == "torch.Size" && !tuple.arguments().empty() ? tuple.arguments()[0] : tuple;
  for (const PickleValue& item : inner.items()) values.push_back(item.as_integer(what));
  return values;
}

class TensorReader {
 public:
  explicit TensorReader(const FindStorage& find_storage) : find_storage_(find_storage) {}

  std::optional<Tensor> read(const PickleValue& value, const std::string& name) const {
    try {
      return unwrap(value);
    } catch (Error& error) {
      error.in(fmt::format("tensor '{}'", name.substr(0, 200)));
      throw;
    }
  }

 private:
  static constexpr int kDeepest = 8;  // a parameter of a subclass of a tensor

  std::optional<Tensor> unwrap(PickleValue value) const {
    for (int depth = 0; depth < kDeepest; ++depth) {
      const std::string_view callee = value.callee();
      if (callee.empty() || !callee.starts_with("torch.")) return std::nullopt;
      const std::vector<PickleValue> arguments = value.arguments();
      for (const Refused& row : kRefused)
        if (row.global == callee)
          throw UnknownFormatError(fmt::format("{} cannot be read", row.what)).hint(std::string(row.hint));
      if (callee == kTensor || callee == kTensor2 || callee == kTensor3) return rebuild(callee, arguments);
      const bool is_type = callee == kTypes[0] || callee == kTypes[1];
      if (is_type && arguments.size() >= 3) {  // function, type, its arguments, state
        const std::string_view function = arguments[0].global();
        if (function == kTensor2 || function == kTensor3) return rebuild(function, arguments[2].items());
        throw UnknownFormatError(fmt::format("a tensor of class '{}' cannot be read", arguments[1].global()))
            .hint("save plain tensors");
      }
      const bool is_wrapper = callee == kParameter || callee == kParameterWithState || callee == kFromCpu ||
                              callee.ends_with(".Parameter");
      if (!is_wrapper || arguments.empty()) return std::nullopt;
      value = arguments[0];
    }
    return std::nullopt;
  }

  // (storage, offset, size, stride, ...); version 3 has the element type as its seventh argument.
  Tensor rebuild(std::string_view function, const std::vector<PickleValue>& arguments) const {
    ENSURE(arguments.size() >= 4, MalformedModelError, "the tensor has {} parts, 4 are needed",
           arguments.size());
    Storage storage = find_storage_(arguments[0]);
    if (function == kTensor3) {
      ENSURE(arguments.size() >= 7, MalformedModelError, "the tensor has no element type");
      storage.dtype = dtype_of_global(arguments[6].global());
    }
    ENSURE(storage.dtype != DType::undefined, MalformedModelError, "the tensor has no known element type");
    return strided_tensor(storage.dtype, ints_of(arguments[2], "size"), ints_of(arguments[3], "stride"),
                          arguments[1].as_integer("offset"), storage.bytes, storage.owner);
  }

  const FindStorage& find_storage_;
};

}  // namespace

void collect_tensors(const Pickle& pickle, const FindStorage& find_storage,
                     const std::shared_ptr<const void>& keep_alive, WeightList& weights) {
  const TensorReader reader(find_storage);
  flatten_state(
      pickle.root(), "",
      [&](const PickleValue& value, const std::string& name) { return reader.read(value, name); }, keep_alive,
      weights);
}

}  // namespace modelconv::torch_checkpoint
