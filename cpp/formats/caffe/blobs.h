// The weights of a .caffemodel: blobs by the names of their layers.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "ir/tensor.h"

namespace modelconv::caffe {

using Blobs = std::map<std::string, std::vector<Tensor>, std::less<>>;

// Views of the file where its numbers are packed float32, which all but the oldest files have. Throws MalformedModelError.
Blobs read_blobs(Bytes bytes, const std::shared_ptr<const void>& keep_alive);

}  // namespace modelconv::caffe
