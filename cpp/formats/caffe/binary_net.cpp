#include "formats/caffe/binary_net.h"

#include <cmath>
#include <map>

#include "formats/caffe/messages.h"
#include "wire/protobuf.h"
#include "wire/text_schema.h"

namespace modelconv::caffe {

using text_proto::Message;
using text_proto::Schema;
using text_proto::Value;

namespace {

const Schema& schema() {
  static const Schema parsed = Schema::parse(kMessages);
  return parsed;
}

// What the settings of a fork's layer are called, by the layer's type: the field's number differs from fork to fork.
struct ForkSettings {
  const char *field, *message;
};
const ForkSettings* fork_settings(const std::string& type) {
  static const std::map<std::string, ForkSettings, std::less<>> table = {
      {"BN", {"bn_param", "BNParameter"}},
      {"Clip", {"clip_param", "ClipParameter"}},
      {"DetectionOutput", {"detection_output_param", "DetectionOutputParameter"}},
      {"Interp", {"interp_param", "InterpParameter"}},
      {"Normalize", {"norm_param", "NormalizeParameter"}},
      {"PSROIPooling", {"psroi_pooling_param", "PSROIPoolingParameter"}},
      {"Permute", {"permute_param", "PermuteParameter"}},
      {"PriorBox", {"prior_box_param", "PriorBoxParameter"}},
      {"ROIPooling", {"roi_pooling_param", "ROIPoolingParameter"}},
      {"Reorg", {"reorg_param", "ReorgParameter"}},
      {"ShuffleChannel", {"shuffle_channel_param", "ShuffleChannelParameter"}},
      {"Swish", {"swish_param", "SwishParameter"}},
      {"Upsample", {"upsample_param", "UpsampleParameter"}},
  };
  const auto found = table.find(type);
  return found == table.end() ? nullptr : &found->second;
}

Value number_value(std::string text) {
  Value value;
  value.kind = Value::Kind::number;
  value.text = std::move(text);
  return value;
}

std::string float_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
  std::string text = fmt::format("{}", static_cast<float>(number));
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

Value float_value(double number) {
  Value value = number_value(float_text(number));
  if (!std::isfinite(number)) value.kind = Value::Kind::identifier;
  return value;
}

Value enum_value(const std::string& type, int32_t number) {
  for (const auto& [name, known] : schema().enumeration(type))
    if (known == number) {
      Value value;
      value.kind = Value::Kind::identifier;
      value.text = name;
      return value;
    }
  return number_value(fmt::format("{}", number));
}

void read_message(protobuf::Reader& reader, const std::string& type, Message& message);

void append(protobuf::Reader& reader, const Schema::Field& field, std::vector<Value>& values) {
  switch (field.type) {
    case Schema::Type::message: {
      Value value;
      value.kind = Value::Kind::message;
      value.message = std::make_unique<Message>();
      protobuf::Reader inner = reader.as_message("field");
      read_message(inner, field.type_name, *value.message);
      values.push_back(std::move(value));
      return;
    }
    case Schema::Type::text: {
      Value value;
      value.kind = Value::Kind::string;
      value.text = std::string(reader.as_string());
      values.push_back(std::move(value));
      return;
    }
    case Schema::Type::float32: {
      std::vector<float> numbers;
      reader.append_fixed(numbers);
      for (const float number : numbers) values.push_back(float_value(number));
      return;
    }
    default: {
      std::vector<int64_t> numbers;
      reader.append_varints(numbers);
      for (const int64_t number : numbers)
        values.push_back(field.type == Schema::Type::enumeration
                             ? enum_value(field.type_name, static_cast<int32_t>(number))
                             : number_value(fmt::format("{}", number)));
    }
  }
}

// A field that the schema does not have: settings of a fork's layer, when the layer's type has any.
void append_fork_settings(protobuf::Reader& reader, Message& layer) {
  const std::vector<Value>* type = layer.find("type");
  if (!type || type->empty() || reader.wire_type() != protobuf::WireType::bytes) return;
  const ForkSettings* settings = fork_settings(type->back().text);
  if (settings)
    append(reader, {0, Schema::Type::message, true, settings->message}, layer.fields[settings->field]);
}

void read_message(protobuf::Reader& reader, const std::string& type, Message& message) {
  std::map<uint32_t, std::pair<const std::string*, const Schema::Field*>> by_number;
  for (const auto& [name, field] : schema().message(type)) by_number[field.number] = {&name, &field};
  constexpr uint32_t kFirstOfForks = 147;
  while (reader.next()) {
    const auto found = by_number.find(reader.field());
    if (found != by_number.end())
      append(reader, *found->second.second, message.fields[*found->second.first]);
    else if (type == "LayerParameter" && reader.field() >= kFirstOfForks)
      append_fork_settings(reader, message);
  }
}

}  // namespace

Message read_binary_net(Bytes bytes) {
  Message net;
  protobuf::Reader reader(bytes, "NetParameter");
  read_message(reader, "NetParameter", net);
  return net;
}

}  // namespace modelconv::caffe
