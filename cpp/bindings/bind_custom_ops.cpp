#include "bindings/bind_custom_ops.h"

#include <pybind11/stl.h>

#include "base/error.h"
#include "bindings/bind_tensor.h"
#include "formats/common/mapping.h"

namespace modelconv {
namespace {

namespace py = pybind11;
using namespace py::literals;

// What a function is lent. A user may keep the objects after the call; then they refuse to be used.
struct Loan {
  Translation* translation;
  Translation& get() const {
    if (!translation)
      throw BadArgument("a node, value or builder was used after its custom_ops function had returned");
    return *translation;
  }
};
using LoanPtr = std::shared_ptr<Loan>;

struct LentValue {
  LoanPtr loan;
  Value* value;
  Value& get() const { return loan->get(), *value; }
};
struct LentNode {
  LoanPtr loan;
  const Node& get() const { return loan->get().node(); }
};
struct LentBuilder {
  LoanPtr loan;
};

py::object lend(const LoanPtr& loan, Value* value) {
  return value ? py::cast(LentValue{loan, value}) : py::none();
}

py::list lend_inputs(const LentNode& node) {
  py::list inputs;
  for (Value* input : node.get().inputs()) inputs.append(lend(node.loan, input));
  return inputs;
}

py::object python_from_attribute(const Attribute& attribute) {
  return std::visit(
      [](const auto& held) -> py::object {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, Tensor>) {
          return numpy_from_tensor(held);
        } else if constexpr (std::is_same_v<T, std::vector<Tensor>>) {
          py::list tensors;
          for (const Tensor& tensor : held) tensors.append(numpy_from_tensor(tensor));
          return tensors;
        } else if constexpr (std::is_same_v<T, GraphPtr> || std::is_same_v<T, std::vector<GraphPtr>> ||
                             std::is_same_v<T, Type> || std::is_same_v<T, std::vector<Type>>) {
          return py::none();  // graphs and types have no meaning outside the core
        } else {
          return py::cast(held);
        }
      },
      attribute);
}

py::dict attributes_of(const LentNode& node) {
  py::dict attributes;
  for (const auto& [name, attribute] : node.get().attrs)
    attributes[py::str(name)] = python_from_attribute(attribute);
  return attributes;
}

bool is_list_of_ints(const py::handle& object) {
  for (const py::handle item : object)
    if (!PyIndex_Check(item.ptr())) return false;
  return true;
}

Attribute attribute_from(const std::string& name, const py::handle& object) {
  if (py::isinstance<py::str>(object) || py::isinstance<py::bytes>(object)) return object.cast<std::string>();
  if (PyIndex_Check(object.ptr())) return object.cast<int64_t>();
  if (py::isinstance<py::float_>(object)) return object.cast<float>();
  if (py::hasattr(object, "__array__")) return tensor_from_numpy(object);
  if (!py::isinstance<py::list>(object) && !py::isinstance<py::tuple>(object))
    throw BadArgument(
        fmt::format("attribute '{}' is a {}", name, py::str(py::type::of(object)).cast<std::string>()))
        .hint("an int, a float, a str, an array, or a list of ints, floats or strs");
  if (is_list_of_ints(object)) return object.cast<std::vector<int64_t>>();
  if (py::isinstance<py::str>(object[py::int_(0)])) return object.cast<std::vector<std::string>>();
  return object.cast<std::vector<float>>();
}

// A value of the graph as it is; anything else becomes a constant.
Value* operand(Translation& t, const py::handle& object) {
  if (object.is_none()) return nullptr;
  if (py::isinstance<LentValue>(object)) return &object.cast<const LentValue&>().get();
  return &t.constant(tensor_from_numpy(object));
}

py::object add_op(const LentBuilder& builder, const std::string& op, const py::args& inputs, size_t outputs,
                  const py::kwargs& attributes) {
  Translation& t = builder.loan->get();
  std::vector<Value*> operands;
  for (const py::handle input : inputs) operands.push_back(operand(t, input));
  Attrs attrs;
  for (const auto& [name, value] : attributes) {
    const auto key = name.cast<std::string>();
    attrs.set(key, attribute_from(key, value));
  }
  Node& node = t.add_node(OpName(op), std::move(operands), std::move(attrs), outputs);
  if (outputs == 1) return lend(builder.loan, node.output());
  py::tuple results(outputs);
  for (size_t i = 0; i < outputs; ++i) results[i] = lend(builder.loan, node.output(i));
  return results;
}

void set_results(Translation& t, const py::object& result) {
  const bool is_several = py::isinstance<py::tuple>(result) || py::isinstance<py::list>(result);
  const py::sequence values = is_several ? py::sequence(result) : py::sequence(py::make_tuple(result));
  for (size_t i = 0; i < t.node().output_count(); ++i) {
    const bool is_given = i < values.size() && !values[i].is_none();
    if (is_given)
      t.set_output(i, *operand(t, values[i]));
    else if (t.wants_output(i))
      throw BadArgument(fmt::format("the custom_ops function for {} returns {} values; output {} is used",
                                    t.node().describe(), values.size(), i))
          .hint("return one value for each output of the node, as a tuple");
  }
}

void call(const py::function& function, Translation& t) {
  const auto loan = std::make_shared<Loan>(Loan{&t});
  // However it ends, nothing that Python kept may reach the graph afterwards.
  const std::shared_ptr<void> recall(nullptr, [&](void*) { loan->translation = nullptr; });
  set_results(t, function(LentNode{loan}, LentBuilder{loan}));
}

}  // namespace

CustomOps custom_ops_from(const PythonFunctions& functions) {
  CustomOps custom_ops;
  for (const auto& [name, function] : functions) {
    // The readers copy and drop it on threads that do not hold the GIL.
    const std::shared_ptr<py::function> held(new py::function(function), [](py::function* dropped) {
      const py::gil_scoped_acquire gil;
      delete dropped;
    });
    custom_ops[name] = [held](Translation& t) {
      const py::gil_scoped_acquire gil;
      call(*held, t);
    };
  }
  return custom_ops;
}

void bind_custom_ops(py::module_& m) {
  py::class_<LentValue>(m, "CustomOpValue")
      .def_property_readonly("name", [](const LentValue& value) { return value.get().name(); })
      .def_property_readonly("dtype", [](const LentValue& value) { return name_of(value.get().dtype()); })
      .def_property_readonly("shape",
                             [](const LentValue& value) { return python_from_shape(value.get().shape()); })
      .def_property_readonly("constant", [](const LentValue& value) -> py::object {
        if (!value.get().is_constant()) return py::none();
        return numpy_from_tensor(value.get().constant());
      });
  py::class_<LentNode>(m, "CustomOpNode")
      .def_property_readonly("op", [](const LentNode& node) { return node.get().op().str(); })
      .def_property_readonly("name", [](const LentNode& node) { return node.get().name(); })
      .def_property_readonly("inputs", &lend_inputs)
      .def_property_readonly("output_count", [](const LentNode& node) { return node.get().output_count(); })
      .def_property_readonly("attributes", &attributes_of);
  py::class_<LentBuilder>(m, "CustomOpBuilder")
      .def("op", &add_op, "op"_a, "outputs"_a = 1)
      .def(
          "constant",
          [](const LentBuilder& builder, const py::object& array) {
            return lend(builder.loan, operand(builder.loan->get(), array));
          },
          "array"_a);
}

}  // namespace modelconv
