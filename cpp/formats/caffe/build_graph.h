#pragma once

#include "formats/caffe/blobs.h"
#include "formats/caffe/net.h"
#include "ir/model.h"

namespace modelconv::caffe {

// One node "caffe.<type>" per layer, on its bottoms, then its blobs. `blobs` loses what is taken.
void build_graph(const Net& net, const Blobs& blobs, Model& model);

}  // namespace modelconv::caffe
