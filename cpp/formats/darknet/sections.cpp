// The section types and how files spell them. Source: string_to_layer_type in parser.c of github.com/AlexeyAB/darknet.
#include <algorithm>

#include "formats/darknet/network.h"

namespace modelconv::darknet {

const std::vector<SectionType>& section_types() {
  static const std::vector<SectionType> types = {
      {"activation", {"activation"}, decode_activation},
      {"avgpool", {"avgpool", "avg"}, decode_avgpool},
      {"batchnorm", {"batchnorm"}, decode_batchnorm},
      {"connected", {"connected", "conn"}, decode_connected},
      {"contrastive", {"contrastive"}, decode_unchanged},
      {"conv_lstm", {"conv_lstm"}, decode_conv_lstm},
      {"convolutional", {"convolutional", "conv"}, decode_convolutional},
      {"cost", {"cost"}, decode_unchanged},
      {"crnn", {"crnn"}, decode_crnn},
      {"crop", {"crop"}, decode_crop},
      {"detection", {"detection"}, decode_detection},
      {"dropout", {"dropout"}, decode_unchanged},
      {"empty", {"empty", "silence"}, decode_unchanged},
      {"Gaussian_yolo", {"Gaussian_yolo"}, decode_gaussian_yolo},
      {"gru", {"gru"}, decode_gru},
      {"history", {"history"}, decode_history},
      {"implicit", {"implicit"}, decode_implicit},
      {"local", {"local"}, decode_local},
      {"local_avgpool", {"local_avgpool", "local_avg"}, decode_local_avgpool},
      {"lstm", {"lstm"}, decode_lstm},
      {"maxpool", {"maxpool", "max"}, decode_maxpool},
      {"normalization", {"normalization", "lrn"}, decode_normalization},
      {"region", {"region"}, decode_region},
      {"reorg", {"reorg"}, decode_reorg},
      {"reorg3d", {"reorg3d"}, decode_reorg},
      {"rnn", {"rnn"}, decode_rnn},
      {"route", {"route"}, decode_route},
      {"sam", {"sam"}, decode_sam},
      {"scale_channels", {"scale_channels"}, decode_scale_channels},
      {"shortcut", {"shortcut"}, decode_shortcut},
      {"softmax", {"softmax", "soft"}, decode_softmax},
      {"upsample", {"upsample"}, decode_upsample},
      {"yolo", {"yolo"}, decode_yolo},
  };
  return types;
}

const SectionType* find_section_type(std::string_view spelling) {
  for (const SectionType& type : section_types())
    if (std::find(type.spellings.begin(), type.spellings.end(), spelling) != type.spellings.end())
      return &type;
  return nullptr;
}

}  // namespace modelconv::darknet
