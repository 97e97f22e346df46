#include "formats/caffe/net.h"

#include <algorithm>

#include "base/utf8.h"

namespace modelconv::caffe {

using text_proto::Message;
using text_proto::Value;

namespace {

constexpr size_t kMostLayers = 100000;

std::string name_of(const Value& value) {
  const std::string& text = value.as_string();
  if (!is_valid_utf8(text)) throw text_proto::error_at(value.line, "a name is not UTF-8");
  return text;
}

bool is_whole(const Value& value) {
  return value.kind == Value::Kind::number && value.text.find_first_of(".eEfF") == std::string::npos;
}

bool is_word(const Value& value) {
  if (value.kind != Value::Kind::identifier) return false;
  const std::string& text = value.text;
  return text != "true" && text != "false" && text != "inf" && text != "-inf" && text != "nan";
}

// true and false become 1 and 0.
int64_t whole_number(const Value& value) {
  return value.kind == Value::Kind::identifier ? int64_t{value.as_bool()} : value.as_int64();
}

Attribute attribute_of(const std::vector<Value>& values) {
  const auto all = [&](auto test) { return std::all_of(values.begin(), values.end(), test); };
  if (all([](const Value& v) { return v.kind == Value::Kind::string || is_word(v); })) {
    std::vector<std::string> texts;
    for (const Value& value : values) texts.push_back(valid_utf8(value.text));
    return texts.size() == 1 ? Attribute(texts[0]) : Attribute(texts);
  }
  if (all([](const Value& v) {
        return is_whole(v) || (v.kind == Value::Kind::identifier && (v.text == "true" || v.text == "false"));
      })) {
    std::vector<int64_t> numbers;
    for (const Value& value : values) numbers.push_back(whole_number(value));
    return numbers.size() == 1 ? Attribute(numbers[0]) : Attribute(numbers);
  }
  std::vector<float> numbers;
  for (const Value& value : values) numbers.push_back(static_cast<float>(value.as_double()));
  return numbers.size() == 1 ? Attribute(numbers[0]) : Attribute(numbers);
}

// For the phase TEST at level 0 without stages: what inference is in Caffe.
bool is_met(const Message& rule) {
  const std::string phase = text_field(rule, "phase");
  if (!phase.empty() && phase != "TEST" && phase != "1") return false;
  const auto low = int_fields(rule, "min_level"), high = int_fields(rule, "max_level");
  if (!low.empty() && low[0] > 0) return false;
  if (!high.empty() && high[0] < 0) return false;
  return text_fields(rule, "stage").empty();
}

bool any_met(const Message& layer, std::string_view field) {
  const std::vector<Value>* rules = layer.find(field);
  if (!rules) return false;
  return std::any_of(rules->begin(), rules->end(), [](const Value& v) { return is_met(v.as_message()); });
}

bool is_included(const Message& layer) {
  if (layer.find("include")) return any_met(layer, "include");
  const std::string phase = text_field(layer, "phase");
  return !any_met(layer, "exclude") && (phase.empty() || phase == "TEST" || phase == "1");
}

Layer read_layer(const Message& message) {
  Layer layer;
  layer.name = text_field(message, "name");
  layer.type = text_field(message, "type");
  layer.bottoms = text_fields(message, "bottom");
  layer.tops = text_fields(message, "top");
  if (const std::vector<Value>* params = message.find("param"))
    for (const Value& value : *params)
      if (value.kind == Value::Kind::message)
        layer.param_names.push_back(text_field(value.as_message(), "name"));
  if (layer.type.empty())
    throw text_proto::error_at(message.line, fmt::format("layer '{}' has no type", layer.name));
  for (const auto& [name, values] : message.fields) {
    if (!name.ends_with("_param") || name == "loss_param") continue;
    for (const Value& value : values)
      if (value.kind == Value::Kind::message) add_settings(value.as_message(), "", layer.settings);
  }
  return layer;
}

void read_inputs(const Message& message, Net& net) {
  const auto names = text_fields(message, "input");
  const auto dims = int_fields(message, "input_dim");
  const std::vector<Value>* shapes = message.find("input_shape");
  for (size_t i = 0; i < names.size(); ++i) {
    NetInput input = {names[i], {}};
    if (shapes && i < shapes->size())
      input.dims.push_back(int_fields((*shapes)[i].as_message(), "dim"));
    else if (dims.size() >= 4 * (i + 1))
      input.dims.emplace_back(dims.begin() + static_cast<std::ptrdiff_t>(4 * i),
                              dims.begin() + static_cast<std::ptrdiff_t>(4 * i + 4));
    net.inputs.push_back(std::move(input));
  }
}

}  // namespace

std::string text_field(const Message& message, std::string_view name) {
  const std::vector<Value>* values = message.find(name);
  if (!values || values->empty()) return "";
  const Value& value = values->back();
  if (value.kind == Value::Kind::message)
    throw text_proto::error_at(value.line, fmt::format("{} is no text", name));
  return value.kind == Value::Kind::string ? name_of(value) : valid_utf8(value.text);
}

std::vector<std::string> text_fields(const Message& message, std::string_view name) {
  std::vector<std::string> texts;
  if (const std::vector<Value>* values = message.find(name))
    for (const Value& value : *values) texts.push_back(name_of(value));
  return texts;
}

std::vector<int64_t> int_fields(const Message& message, std::string_view name) {
  std::vector<int64_t> numbers;
  if (const std::vector<Value>* values = message.find(name))
    for (const Value& value : *values) numbers.push_back(value.as_int64());
  return numbers;
}

void add_settings(const Message& message, const std::string& prefix, Attrs& settings) {
  for (const auto& [name, values] : message.fields) {
    if (values.empty()) continue;
    const std::string key = prefix + name;
    if (values[0].kind != Value::Kind::message) {
      if (!settings.has(key)) settings.set(key, attribute_of(values));
      continue;
    }
    // Lists of messages are numbered, so that the shapes of an Input layer stay apart.
    for (size_t i = 0; i < values.size(); ++i)
      add_settings(values[i].as_message(), i == 0 ? key + "." : fmt::format("{}{}.", key, i), settings);
  }
}

Net read_net(const Message& message, bool all_phases) {
  Net net;
  net.name = text_field(message, "name");
  read_inputs(message, net);
  const std::vector<Value>*layers = message.find("layer"), *old = message.find("layers");
  if (layers && old && !layers->empty() && !old->empty())
    throw text_proto::error_at(old->front().line, "the net has both 'layer' and the older 'layers'");
  const std::vector<Value>* all = layers ? layers : old;
  if (!all || all->empty()) throw MalformedModelError("the net has no layers");
  ENSURE(all->size() <= kMostLayers, MalformedModelError, "the net has {} layers", all->size());
  for (const Value& value : *all) {
    const Message& layer = value.as_message();
    if (!all_phases && !is_included(layer)) continue;
    // Some early files of the second version write V1's word "layers" with types in quotation marks.
    const std::vector<Value>* type = layer.find("type");
    const bool is_v1 = old && (layer.find("layer") || !type || type->back().kind != Value::Kind::string);
    net.layers.push_back(is_v1 ? upgrade_v1(layer) : read_layer(layer));
  }
  return net;
}

}  // namespace modelconv::caffe
