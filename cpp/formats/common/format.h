// What pipeline/ knows of a file format: how to recognise it, read it, write it. One instance per format, listed in
// pipeline/all_formats.cpp.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/atomic_file.h"
#include "base/mapped_file.h"
#include "base/progress.h"
#include "ir/model.h"

namespace modelconv {

// Settings of one format, as strings; each format documents its own and refuses unknown ones (BadArgument).
using FormatOptions = std::map<std::string, std::string>;

// Where the bytes come from: a file, a folder, or memory.
struct Source {
  std::filesystem::path path;  // empty for bytes in memory
  bool is_folder = false;
  Bytes bytes;                             // empty for a folder
  std::shared_ptr<const void> keep_alive;  // owner of `bytes`; tensors may view them
  std::string describe() const;  // "file 'm.onnx'", "folder 'saved'", "bytes in memory": for messages
};

// What a user puts in the place of an operator, by its name with or without the domain: "MyOp", "tf.MyOp". Called for
// each such node instead of the format's own rule; see formats/common/mapping.h.
class Translation;
class GraphRaiser;
using CustomOps = std::map<std::string, std::function<void(Translation&)>, std::less<>>;

struct ReadRequest {
  Source source;
  std::vector<std::string> inputs, outputs;      // tensors to cut at; empty: as the file says
  std::optional<std::filesystem::path> weights;  // a second file
  FormatOptions options;
  CustomOps custom_ops;
  ProgressSink progress;
};

struct WriteRequest {
  std::filesystem::path target;
  std::optional<int64_t> opset;       // ONNX: default-domain opset; empty: the writer's own choice
  std::optional<bool> external_data;  // empty: the writer decides by size
  FormatOptions options;
  ProgressSink progress;
  // Called with the names of tensors that the target spells otherwise: the graph's, the target's.
  std::function<void(const std::string&, const std::string&)> renamed = {};
};

// One operator of a format, for the coverage tables of the documentation.
struct OperatorCoverage {
  std::string name, canonical;  // "tf.Conv2D", "Conv"; canonical empty: refused with a reason
  bool is_read = false, is_written = false;
  std::string note;  // restriction
};

struct Format {
  std::string name;                   // "onnx", "tensorflow", ...
  std::string description;            // one line for `modelconv formats`
  std::vector<std::string> suffixes;  // ".onnx"; the first is the usual one
  // By content; cheap: looks at a few bytes or file names.
  bool (*recognises)(const Source&) = nullptr;
  // Decodes and raises to the canonical graph. Null: cannot be read.
  Model (*read)(const ReadRequest&) = nullptr;
  // Lowers a copy and writes `request.target` (and files beside it) through `files`, which the caller commits.
  // Null: cannot be written.
  void (*write)(const Model&, const WriteRequest&, AtomicFiles& files) = nullptr;
  // Null: not listed.
  std::vector<OperatorCoverage> (*operators)() = nullptr;
  // The reader carries out ReadRequest::inputs and outputs itself, before it looks at operators that a cut leaves out;
  // otherwise the pipeline cuts the canonical graph.
  bool cuts_itself = false;
  // Raises a graph of the format's own operators that was decoded elsewhere, with types inferred: for files that only a
  // library of Python reads. Null: the format decodes its files itself.
  void (*raise)(Graph&, const CustomOps&) = nullptr;
  // The same, node by node (formats/common/mapping.h); null where no decoder needs it.
  std::unique_ptr<GraphRaiser> (*raiser)(const CustomOps&) = nullptr;
};

}  // namespace modelconv
