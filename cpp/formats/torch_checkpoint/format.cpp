#include "formats/torch_checkpoint/format.h"

#include "base/error.h"
#include "formats/torch_checkpoint/containers.h"

namespace modelconv {
namespace torch_checkpoint {
namespace {

bool recognises(const Source& source) {
  if (looks_like_sequence(source.bytes) || looks_like_pickle(source.bytes)) return true;
  if (!looks_like_zip(source.bytes)) return false;
  try {
    return checkpoint_folder(ZipArchive(source.bytes)).has_value();
  } catch (const MalformedModelError&) {
    return false;
  }
}

struct Options {
  std::string part;
  bool skips_unknown = false;
};

Options options_of(const FormatOptions& given) {
  Options options;
  for (const auto& [name, value] : given) {
    if (name == "part") {
      options.part = value;
    } else if (name == "skip_unknown") {
      ENSURE(value == "true" || value == "false", BadArgument,
             "option skip_unknown is '{}', true or false is expected", value);
      options.skips_unknown = value == "true";
    } else {
      throw BadArgument(fmt::format("reading PyTorch checkpoints has no option '{}'", name))
          .hint("the options are part and skip_unknown");
    }
  }
  return options;
}

Model read(const ReadRequest& request) {
  const Options options = options_of(request.options);
  const Source& source = request.source;
  WeightList weights;
  if (looks_like_sequence(source.bytes))
    read_sequence(source, options.skips_unknown, weights);
  else if (looks_like_zip(source.bytes))
    read_archive(source, options.skips_unknown, weights);
  else if (looks_like_pickle(source.bytes))
    read_bare_pickle(source, options.skips_unknown, weights);
  else if (looks_like_tar(source.bytes))
    throw UnknownFormatError("the file is a tar archive, as PyTorch wrote before 0.1.10")
        .hint("load it with PyTorch and save it again");
  else
    throw MalformedModelError("the file is no checkpoint of PyTorch")
        .because(
            "it is neither a zip archive nor a sequence of pickles; a file that was cut short looks so too");
  if (!options.part.empty()) weights.keep_part(options.part);
  if (weights.size() == 0)
    throw MalformedModelError("the checkpoint holds no tensors")
        .hint("save the weights into it: torch.save(model.state_dict(), ...)");
  return weights.take();
}

}  // namespace
}  // namespace torch_checkpoint

const Format& torch_checkpoint_format() {
  static const Format format = [] {
    Format checkpoint;
    checkpoint.name = "torch_checkpoint";
    checkpoint.description = "PyTorch checkpoints: state dicts (weights only)";
    checkpoint.suffixes = {".pth", ".pt", ".tar", ".bin", ".ckpt", ".pkl"};
    checkpoint.recognises = torch_checkpoint::recognises;
    checkpoint.read = torch_checkpoint::read;
    return checkpoint;
  }();
  return format;
}

}  // namespace modelconv
