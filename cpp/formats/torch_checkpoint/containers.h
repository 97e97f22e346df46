// The three containers of torch.save: a zip archive (since 1.6), a sequence of pickles and storages (before), one
// pickle of NumPy arrays.
#pragma once

#include <optional>
#include <string>

#include "formats/common/format.h"
#include "formats/common/weights.h"
#include "wire/zip.h"

namespace modelconv::torch_checkpoint {

// The archive's only folder ("archive/"), where its data.pkl is that of torch.save; nothing for archives of others,
// TorchScript and torch.export among them.
std::optional<std::string> checkpoint_folder(const ZipArchive& archive);
bool is_torch_script(const ZipArchive& archive);
bool looks_like_sequence(Bytes bytes);
bool looks_like_pickle(Bytes bytes);
bool looks_like_tar(Bytes bytes);

void read_archive(const Source& source, bool skips_unknown, WeightList& weights);
void read_sequence(const Source& source, bool skips_unknown, WeightList& weights);
void read_bare_pickle(const Source& source, bool skips_unknown, WeightList& weights);

}  // namespace modelconv::torch_checkpoint
