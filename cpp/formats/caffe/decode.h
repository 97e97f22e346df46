// From a prototxt and a caffemodel to a graph of "caffe.X" nodes.
#pragma once

#include "formats/common/format.h"
#include "formats/common/mapping.h"

namespace modelconv::caffe {

// By content: a network as text, or in binary form with or without weights.
bool looks_like_prototxt(Bytes bytes);
bool looks_like_caffemodel(Bytes bytes);

// Throws MalformedModelError, FileError where the other file of the pair is missing.
Model decode(const ReadRequest& request);

}  // namespace modelconv::caffe
