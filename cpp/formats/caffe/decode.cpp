#include "formats/caffe/decode.h"

#include <algorithm>

#include "formats/caffe/binary_net.h"
#include "formats/caffe/blobs.h"
#include "formats/caffe/build_graph.h"
#include "formats/caffe/layer_types.h"
#include "formats/caffe/net.h"

namespace modelconv::caffe {
namespace fs = std::filesystem;
namespace {

struct File {
  Bytes bytes;
  std::shared_ptr<const void> keep_alive;
  fs::path beside = {};  // its path, where it is not the file that the user named as the source
};

File open(const fs::path& path) {
  auto mapped = MappedFile::open(path);
  const Bytes bytes = mapped->bytes();
  return {bytes, std::move(mapped), path};
}

std::optional<fs::path> find_sibling(const fs::path& path, const char* suffix) {
  if (path.empty()) return std::nullopt;
  const fs::path sibling = fs::path(path).replace_extension(suffix);
  std::error_code unreadable;  // then it is not there
  return fs::is_regular_file(sibling, unreadable) ? std::optional(sibling) : std::nullopt;
}

// What goes wrong in the other file of the pair is said to be there.
template <class Read>
auto reading(const File& file, Read read) {
  try {
    return read();
  } catch (Error& error) {
    if (!file.beside.empty()) error.in(fmt::format("'{}' beside", file.beside.filename().string()));
    throw;
  }
}

void refuse_hdf5(Bytes bytes) {
  constexpr std::string_view kSignature = "\x89HDF";
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min<size_t>(bytes.size(), 4));
  ENSURE(head != kSignature, MalformedModelError,
         "the weights are an HDF5 file (.caffemodel.h5); save them as .caffemodel");
}

// The two files, whichever of them was named first.
struct Pair {
  std::optional<File> text, binary;
};

void sort_in(const File& file, Pair& pair) {
  refuse_hdf5(file.bytes);
  if (looks_like_prototxt(file.bytes))
    pair.text = file;
  else
    pair.binary = file;
}

Pair find_pair(const ReadRequest& request) {
  Pair pair;
  if (looks_like_caffemodel(request.source.bytes))
    pair.binary = File{request.source.bytes, request.source.keep_alive};
  else
    pair.text = File{request.source.bytes, request.source.keep_alive};
  if (request.weights) sort_in(open(*request.weights), pair);
  if (!pair.binary)
    if (const auto path = find_sibling(request.source.path, ".caffemodel")) sort_in(open(*path), pair);
  if (!pair.text)
    if (const auto path = find_sibling(request.source.path, ".prototxt")) pair.text = open(*path);
  return pair;
}

void need_weights(const ReadRequest& request, const Net& net) {
  const auto weighted = std::find_if(net.layers.begin(), net.layers.end(), has_weights);
  if (weighted == net.layers.end()) return;
  FileError error("a .prototxt holds no numbers: its .caffemodel is missing");
  std::string why = fmt::format("layer '{}' ({}) has weights", weighted->name, weighted->type);
  const fs::path& path = request.source.path;
  if (!path.empty())
    why += fmt::format(", and there is no '{}'", fs::path(path).replace_extension(".caffemodel").string());
  error.because(why);
  error.hint("name it with weights= (--weights)");
  throw error;
}

Net read_only_binary(const File& file) {
  try {
    return read_net(read_binary_net(file.bytes), true);
  } catch (MalformedModelError& error) {
    if (error.hint().empty())
      error.hint("a .caffemodel that holds weights only needs its .prototxt: name it with weights=");
    throw;
  }
}

void refuse_options(const ReadRequest& request) {
  for (const auto& [name, value] : request.options)
    throw BadArgument(fmt::format("the Caffe reader has no option '{}'", name));
}

}  // namespace

Model decode(const ReadRequest& request) {
  refuse_options(request);
  const Pair pair = find_pair(request);
  const auto text_of = [](Bytes bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const Net net =
      pair.text ? reading(*pair.text, [&] { return read_net(text_proto::parse(text_of(pair.text->bytes))); })
                : read_only_binary(*pair.binary);
  Blobs blobs;
  if (pair.binary)
    blobs = reading(*pair.binary, [&] { return read_blobs(pair.binary->bytes, pair.binary->keep_alive); });
  else
    need_weights(request, net);
  Model model;
  model.source_format = "caffe";
  if (!net.name.empty()) model.graph->name = net.name;
  build_graph(net, blobs, model);
  return model;
}

}  // namespace modelconv::caffe
