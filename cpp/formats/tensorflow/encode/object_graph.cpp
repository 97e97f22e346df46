// Source of the messages: tensorflow/core/protobuf/{saved_object_graph,struct,trackable_object_graph}.proto.
#include "formats/tensorflow/encode/object_graph.h"

#include <algorithm>

#include "formats/tensorflow/encode/attr_value.h"

namespace modelconv::tensorflow {
namespace {

using protobuf::Writer;

namespace field {
namespace graph {
constexpr uint32_t nodes = 1, concrete_functions = 2;
}
namespace object {
constexpr uint32_t children = 1, user_object = 4, function = 6, variable = 7, bare_concrete_function = 8;
}
namespace reference {
constexpr uint32_t node_id = 1, local_name = 2;
}
namespace user {
constexpr uint32_t identifier = 1, version = 2, producer = 1, min_consumer = 2;
}
namespace function {
constexpr uint32_t concrete_functions = 1, spec = 2;
}
namespace bare {
constexpr uint32_t name = 1, argument_keywords = 2, allowed_positional = 3, spec = 4;
}
namespace concrete {
constexpr uint32_t bound_inputs = 2, input_signature = 3, output_signature = 4;
}
namespace variable {
constexpr uint32_t dtype = 1, shape = 2, trainable = 3, name = 6;
}
namespace spec {
constexpr uint32_t fullargspec = 1, input_signature = 5;
}
namespace value {
constexpr uint32_t none = 1, string = 13, tensor_spec = 33, list = 51, tuple = 52, dict = 53,
                   named_tuple = 54;
}
namespace tensor_spec {
constexpr uint32_t name = 1, shape = 2, dtype = 3;
}
namespace named_tuple {
constexpr uint32_t name = 1, values = 2, pair_key = 1, pair_value = 2;
}
namespace trackable {
constexpr uint32_t nodes = 1, children = 1, attributes = 2, has_values = 5, attribute_name = 1, full_name = 2,
                   checkpoint_key = 3, bool_value = 1;
}
constexpr uint32_t items = 1;  // of lists, tuples and dicts
}  // namespace field

// --- structured values
Writer wrapped(uint32_t number, const Writer& message) {
  Writer writer;
  writer.add_message(number, message);
  return writer;
}

Writer none() { return wrapped(field::value::none, {}); }

Writer text(const std::string& content) {
  Writer writer;
  writer.add_string(field::value::string, content);
  return writer;
}

Writer sequence(uint32_t kind, const std::vector<Writer>& values) {
  Writer items;
  for (const Writer& value : values) items.add_message(field::items, value);
  return wrapped(kind, items);
}

Writer dict(const std::vector<std::pair<std::string, Writer>>& entries) {
  Writer items;
  for (const auto& [key, value] : entries) add_entry(items, field::items, key, value);
  return wrapped(field::value::dict, items);
}

Writer tensor_spec(const SavedTensor& tensor) {
  Writer writer;
  writer.add_string(field::tensor_spec::name, tensor.name);
  writer.add_message(field::tensor_spec::shape, encode_shape(tensor.shape));
  writer.add_int(field::tensor_spec::dtype, tensor.dtype);
  return wrapped(field::value::tensor_spec, writer);
}

Writer dict_of(const std::vector<SavedTensor>& tensors) {
  std::vector<std::pair<std::string, Writer>> entries;
  for (const SavedTensor& tensor : tensors) entries.emplace_back(tensor.name, tensor_spec(tensor));
  return dict(entries);
}

// inspect.FullArgSpec of a function with these arguments.
Writer function_spec(const std::vector<SavedTensor>& arguments, bool by_keyword) {
  std::vector<Writer> names;
  for (const SavedTensor& argument : arguments) names.push_back(text(argument.name));
  const Writer listed = sequence(field::value::list, names), nothing = sequence(field::value::list, {});
  const std::pair<const char*, Writer> parts[] = {{"args", by_keyword ? nothing : listed},
                                                  {"varargs", none()},
                                                  {"varkw", none()},
                                                  {"defaults", none()},
                                                  {"kwonlyargs", by_keyword ? listed : nothing},
                                                  {"kwonlydefaults", none()},
                                                  {"annotations", dict({})}};
  Writer tuple;
  tuple.add_string(field::named_tuple::name, "FullArgSpec");
  for (const auto& [name, part] : parts) {
    Writer pair;
    pair.add_string(field::named_tuple::pair_key, name);
    pair.add_message(field::named_tuple::pair_value, part);
    tuple.add_message(field::named_tuple::values, pair);
  }
  Writer spec;
  spec.add_message(field::spec::fullargspec, wrapped(field::value::named_tuple, tuple));
  if (by_keyword) {
    spec.add_message(field::spec::input_signature, none());
  } else {
    std::vector<Writer> specs;
    for (const SavedTensor& argument : arguments) specs.push_back(tensor_spec(argument));
    spec.add_message(field::spec::input_signature, sequence(field::value::tuple, specs));
  }
  return spec;
}

// --- objects
// Numbers of the objects: the root, the variables, two lists of them, the function, its concrete function, the signatures,
// the one signature.
struct Numbers {
  explicit Numbers(const SavedObjects& objects) : first_variable(1), all(1 + objects.variables.size()) {}
  size_t first_variable, all;
  size_t trainable() const { return all + 1; }
  size_t call() const { return all + 2; }
  size_t trace() const { return all + 3; }
  size_t signatures() const { return all + 4; }
  size_t signature() const { return all + 5; }
};

void add_child(Writer& object, size_t number, const std::string& name) {
  Writer child;
  child.add_uint(field::reference::node_id, number);
  child.add_string(field::reference::local_name, name);
  object.add_message(field::object::children, child);
}

void add_user_object(Writer& object, const char* identifier) {
  Writer user, version;
  user.add_string(field::user::identifier, identifier);
  version.add_int(field::user::producer, 1);
  version.add_int(field::user::min_consumer, 1);
  user.add_message(field::user::version, version);
  object.add_message(field::object::user_object, user);
}

// The same children in both graphs.
void add_children_of_root(Writer& root, const SavedObjects& objects) {
  const Numbers numbers(objects);
  for (size_t i = 0; i < objects.variables.size(); ++i)
    add_child(root, numbers.first_variable + i, objects.variables[i].name);
  add_child(root, numbers.all, "variables");
  add_child(root, numbers.trainable(), "trainable_variables");
  add_child(root, numbers.call(), "__call__");
  add_child(root, numbers.signatures(), "signatures");
}

void add_listed(Writer& list, const SavedObjects& objects, bool trainable_only) {
  size_t position = 0;
  for (size_t i = 0; i < objects.variables.size(); ++i)
    if (objects.variables[i].is_trainable || !trainable_only)
      add_child(list, Numbers(objects).first_variable + i, std::to_string(position++));
}

Writer encode_variable(const SavedVariable& variable) {
  Writer writer, object;
  writer.add_int(field::variable::dtype, variable.dtype);
  writer.add_message(field::variable::shape, encode_shape(variable.shape));
  writer.add_bool(field::variable::trainable, variable.is_trainable);
  writer.add_string(field::variable::name, variable.name);
  object.add_message(field::object::variable, writer);
  return object;
}

// TensorFlow takes keyword arguments in the order of their names.
std::vector<SavedTensor> arguments_of(const SavedObjects& objects, bool by_keyword) {
  std::vector<SavedTensor> arguments = objects.inputs;
  if (by_keyword)
    std::sort(arguments.begin(), arguments.end(),
              [](const SavedTensor& a, const SavedTensor& b) { return a.name < b.name; });
  return arguments;
}

Writer encode_bare_function(const SavedObjects& objects, const std::string& function, bool by_keyword) {
  Writer writer, object;
  const std::vector<SavedTensor> arguments = arguments_of(objects, by_keyword);
  writer.add_string(field::bare::name, function);
  for (const SavedTensor& input : arguments) writer.add_string(field::bare::argument_keywords, input.name);
  writer.add_uint(field::bare::allowed_positional, arguments.size());
  writer.add_message(field::bare::spec, function_spec(arguments, by_keyword));
  object.add_message(field::object::bare_concrete_function, writer);
  return object;
}

Writer encode_call(const SavedObjects& objects) {
  Writer writer, object;
  writer.add_string(field::function::concrete_functions, objects.call_function);
  writer.add_message(field::function::spec, function_spec(objects.inputs, false));
  add_child(object, Numbers(objects).trace(), "trace_0");
  object.add_message(field::object::function, writer);
  return object;
}

Writer encode_concrete(const SavedObjects& objects, bool by_keyword) {
  Writer writer;
  std::vector<int64_t> bound;
  for (size_t i = 0; i < objects.variables.size(); ++i)
    bound.push_back(static_cast<int64_t>(Numbers(objects).first_variable + i));
  writer.add_packed_ints(field::concrete::bound_inputs, std::span<const int64_t>(bound));
  std::vector<Writer> specs;
  const std::vector<SavedTensor> arguments = arguments_of(objects, by_keyword);
  for (const SavedTensor& input : arguments) specs.push_back(tensor_spec(input));
  const Writer positional = sequence(field::value::tuple, by_keyword ? std::vector<Writer>() : specs);
  const Writer keywords = by_keyword ? dict_of(arguments) : dict({});
  writer.add_message(field::concrete::input_signature, sequence(field::value::tuple, {positional, keywords}));
  writer.add_message(field::concrete::output_signature, dict_of(objects.outputs));
  return writer;
}

}  // namespace

std::string checkpoint_key(const std::string& name) {
  std::string escaped;
  for (const char c : name) escaped += c == '.' ? ".." : c == '/' ? ".S" : std::string(1, c);
  return escaped + "/.ATTRIBUTES/VARIABLE_VALUE";
}

Writer encode_saved_objects(const SavedObjects& objects) {
  Writer graph, root, all, trainable, signatures;
  add_children_of_root(root, objects);
  add_user_object(root, "_generic_user_object");
  graph.add_message(field::graph::nodes, root);
  for (const SavedVariable& variable : objects.variables)
    graph.add_message(field::graph::nodes, encode_variable(variable));
  add_listed(all, objects, false);
  add_user_object(all, "trackable_list_wrapper");
  graph.add_message(field::graph::nodes, all);
  add_listed(trainable, objects, true);
  add_user_object(trainable, "trackable_list_wrapper");
  graph.add_message(field::graph::nodes, trainable);
  graph.add_message(field::graph::nodes, encode_call(objects));
  graph.add_message(field::graph::nodes, encode_bare_function(objects, objects.call_function, false));
  add_child(signatures, Numbers(objects).signature(), kSignature);
  add_user_object(signatures, "signature_map");
  graph.add_message(field::graph::nodes, signatures);
  graph.add_message(field::graph::nodes, encode_bare_function(objects, objects.signature_function, true));
  add_entry(graph, field::graph::concrete_functions, objects.call_function, encode_concrete(objects, false));
  add_entry(graph, field::graph::concrete_functions, objects.signature_function,
            encode_concrete(objects, true));
  return graph;
}

Writer encode_trackable_objects(const SavedObjects& objects) {
  Writer graph;
  const auto add = [&](Writer object, bool has_values) {
    Writer flag;
    if (has_values) flag.add_bool(field::trackable::bool_value, true);
    object.add_message(field::trackable::has_values, flag);
    graph.add_message(field::trackable::nodes, object);
  };
  Writer root, all, trainable, call, signatures;
  add_children_of_root(root, objects);
  add(std::move(root), !objects.variables.empty());
  for (const SavedVariable& variable : objects.variables) {
    Writer object, attribute;
    attribute.add_string(field::trackable::attribute_name, "VARIABLE_VALUE");
    attribute.add_string(field::trackable::full_name, variable.name);
    attribute.add_string(field::trackable::checkpoint_key, variable.key);
    object.add_message(field::trackable::attributes, attribute);
    add(std::move(object), true);
  }
  add_listed(all, objects, false);
  add(std::move(all), !objects.variables.empty());
  add_listed(trainable, objects, true);
  add(std::move(trainable), !objects.variables.empty());
  add_child(call, Numbers(objects).trace(), "trace_0");
  add(std::move(call), false);
  add({}, false);
  add_child(signatures, Numbers(objects).signature(), kSignature);
  add(std::move(signatures), false);
  add({}, false);
  return graph;
}

}  // namespace modelconv::tensorflow
