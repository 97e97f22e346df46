// One subgraph of the file.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "formats/tflite/options.h"
#include "ir/graph.h"
#include "wire/flatbuffer.h"

namespace modelconv::tflite {

// What all subgraphs share.
struct FileContext {
  struct Operator {
    std::string name;  // "CONV_2D", or what a custom operator is called
    const Options* options = nullptr;
  };
  Bytes bytes;
  std::shared_ptr<const void> keep_alive;
  std::vector<flatbuffer::Table> subgraphs, buffers;
  std::vector<Operator> operators;  // by opcode_index
  std::vector<size_t> open;         // subgraphs that are being decoded, outermost first: none contains itself

  Bytes buffer(uint32_t index) const;                 // contents; empty for number 0
  Bytes range(uint64_t offset, uint64_t size) const;  // of the file
};

// Names that a signature gives to tensors, by their numbers.
using TensorNames = std::unordered_map<uint32_t, std::string>;

void decode_subgraph(FileContext& context, size_t index, Graph& graph, const TensorNames& input_names,
                     const TensorNames& output_names);

}  // namespace modelconv::tflite
