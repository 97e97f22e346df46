#include "formats/tensorflow/meta_graph.h"

#include "formats/tensorflow/schema.h"
#include "formats/tensorflow/types.h"

namespace modelconv::tensorflow {
namespace {

template <class T, class Parse>
std::pair<std::string, T> parse_entry(protobuf::Reader entry, const Parse& parse) {
  std::pair<std::string, T> result;
  while (entry.next()) {
    if (entry.field() == field::map_entry::key) result.first = entry.as_name();
    if (entry.field() == field::map_entry::value) parse(entry.as_message("value"), result.second);
  }
  return result;
}

void parse_tensor_info(protobuf::Reader message, TensorInfo& info) {
  info.type.kind = Type::Kind::tensor;
  while (message.next()) switch (message.field()) {
      case field::tensor_info::name: info.tensor = message.as_name(); break;
      case field::tensor_info::dtype: info.type.dtype = dtype_from_number(message.as_int32()); break;
      case field::tensor_info::tensor_shape:
        info.type.shape = decode_shape(message.as_message("tensor_shape"));
        break;
      default: break;
    }
}

void parse_signature(protobuf::Reader message, SavedSignature& signature) {
  while (message.next()) {
    if (message.field() == field::signature_def::inputs)
      signature.inputs.insert(parse_entry<TensorInfo>(message.as_message("inputs"), parse_tensor_info));
    if (message.field() == field::signature_def::outputs)
      signature.outputs.insert(parse_entry<TensorInfo>(message.as_message("outputs"), parse_tensor_info));
  }
}

void parse_meta_info(protobuf::Reader message, MetaGraph& meta) {
  while (message.next()) {
    if (message.field() == field::meta_info::tags) meta.tags.emplace_back(message.as_name());
    if (message.field() == field::meta_info::tensorflow_version) meta.tensorflow_version = message.as_name();
  }
}

std::pair<std::string, std::string> parse_asset(protobuf::Reader message) {
  std::pair<std::string, std::string> asset;
  while (message.next()) {
    if (message.field() == field::asset_file_def::filename) asset.second = message.as_name();
    if (message.field() != field::asset_file_def::tensor_info) continue;
    TensorInfo info;
    parse_tensor_info(message.as_message("tensor_info"), info);
    asset.first = info.tensor.substr(0, info.tensor.find(':'));
  }
  return asset;
}

}  // namespace

MetaGraph parse_meta_graph(protobuf::Reader message, const std::shared_ptr<const void>& keep_alive) {
  MetaGraph meta;
  while (message.next()) switch (message.field()) {
      case field::meta_graph::meta_info_def:
        parse_meta_info(message.as_message("meta_info_def"), meta);
        break;
      case field::meta_graph::graph_def:
        meta.graph = parse_graph_def(message.as_message("graph_def"), keep_alive);
        break;
      case field::meta_graph::signature_def:
        meta.signatures.insert(
            parse_entry<SavedSignature>(message.as_message("signature_def"), parse_signature));
        break;
      case field::meta_graph::asset_file_def:
        meta.assets.insert(parse_asset(message.as_message("asset_file_def")));
        break;
      case field::meta_graph::saver_def: {
        protobuf::Reader saver = message.as_message("saver_def");
        while (saver.next())
          if (saver.field() == field::saver_def::restore_op_name) meta.restore_op = saver.as_name();
        break;
      }
      default: break;
    }
  return meta;
}

}  // namespace modelconv::tensorflow
