// Source: torch/serialization.py (_save, _load): <folder>/data.pkl, <folder>/data/<key>, <folder>/byteorder.
#include "base/error.h"
#include "formats/torch_checkpoint/containers.h"
#include "formats/torch_checkpoint/objects.h"

namespace modelconv::torch_checkpoint {
namespace {

constexpr std::string_view kPickle = "data.pkl";

std::optional<std::string> folder_of(const ZipArchive& archive) {
  for (const ZipEntry& entry : archive.entries()) {
    const size_t slash = entry.name.rfind('/');
    if (slash != std::string::npos && entry.name.substr(slash + 1) == kPickle)
      return entry.name.substr(0, slash + 1);
  }
  return std::nullopt;
}

// Deflated contents have an owner of their own, stored ones are the file's.
struct Contents {
  Bytes bytes;
  std::shared_ptr<const void> owner;
};

Contents contents_of(const ZipArchive& archive, const std::string& name, const Source& source) {
  const ZipContents contents = read_entry(archive.at(name));
  return {contents.bytes, contents.owner ? contents.owner : source.keep_alive};
}

// ('storage', class, key, location, number of elements); the same key stands for the same storage.
Storage find_in_archive(const ZipArchive& archive, const std::string& folder, const Source& source,
                        const PickleValue& persistent_id) {
  ENSURE(persistent_id.is(PickleValue::Kind::persistent_id), MalformedModelError, "a tensor's storage is {}",
         name_of(persistent_id.kind()));
  const std::vector<PickleValue> parts = persistent_id.items()[0].items();
  ENSURE(parts.size() >= 5 && parts[0].as_text("persistent id") == "storage", MalformedModelError,
         "a tensor's storage is described by {} parts", parts.size());
  const DType dtype = storage_dtype(parts[1].global());
  const std::string key(parts[2].as_text("storage's key"));
  const Contents contents = contents_of(archive, folder + "data/" + key, source);
  return {dtype, contents.bytes, contents.owner};
}

}  // namespace

bool is_torch_script(const ZipArchive& archive) {
  const std::optional<std::string> folder = folder_of(archive);
  return folder && archive.find(*folder + "constants.pkl") != nullptr;
}

std::optional<std::string> checkpoint_folder(const ZipArchive& archive) {
  std::optional<std::string> folder = folder_of(archive);
  if (!folder || is_torch_script(archive) || archive.find(*folder + "archive_format")) return std::nullopt;
  return folder;
}

void read_archive(const Source& source, bool skips_unknown, WeightList& weights) {
  const ZipArchive archive(source.bytes);
  if (is_torch_script(archive))
    throw UnknownFormatError("the archive is a TorchScript program, no checkpoint")
        .hint("read it as a model with source_format=\"torchscript\", if modelconv formats lists it");
  const std::optional<std::string> folder = checkpoint_folder(archive);
  ENSURE(folder, UnknownFormatError, "the zip archive holds no data.pkl: it is no checkpoint of PyTorch");
  if (archive.find(*folder + "byteorder"))
    ENSURE(as_text(contents_of(archive, *folder + "byteorder", source).bytes) != "big", UnknownFormatError,
           "the checkpoint was written on a big-endian machine; its numbers are not read");
  const Contents pickled = contents_of(archive, *folder + std::string(kPickle), source);
  ByteCursor cursor(pickled.bytes, "data.pkl");
  const Pickle pickle = read_pickle(cursor, skips_unknown);
  collect_tensors(
      pickle, [&](const PickleValue& id) { return find_in_archive(archive, *folder, source, id); },
      pickled.owner, weights);
}

}  // namespace modelconv::torch_checkpoint
