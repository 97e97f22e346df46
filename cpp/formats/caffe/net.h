// A network as its prototxt (or the binary form of the same) describes it, brought to the newest form: layers with a type
// in words, V0 and V1 upgraded, those that only matter for training gone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/attribute.h"
#include "wire/text_proto.h"

namespace modelconv::caffe {

struct Layer {
  std::string name, type;
  std::vector<std::string> bottoms, tops;
  std::vector<std::string> param_names;  // "" where a blob is not shared
  // All settings of the layer's *_param messages, by field name; those of nested messages as "shape.dim".
  Attrs settings;
};

struct NetInput {
  std::string name;
  std::vector<std::vector<int64_t>> dims;  // one list, or none when the file gives no shape
};

struct Net {
  std::string name;
  std::vector<NetInput> inputs;  // of the net itself; Input layers are layers
  std::vector<Layer> layers;
};

// Throws MalformedModelError with the line. `all_phases`: a net that Caffe saved has only the layers of its own phase,
// which is TRAIN for most, and all of them are taken.
Net read_net(const text_proto::Message& message, bool all_phases = false);

// Into the newest form. Each takes the message of one layer.
Layer upgrade_v1(const text_proto::Message& layer);

// Fields of a message by name, with a default.
std::string text_field(const text_proto::Message& message, std::string_view name);
std::vector<std::string> text_fields(const text_proto::Message& message, std::string_view name);
std::vector<int64_t> int_fields(const text_proto::Message& message, std::string_view name);

// Adds the fields of `message` to `settings`.
void add_settings(const text_proto::Message& message, const std::string& prefix, Attrs& settings);

}  // namespace modelconv::caffe
