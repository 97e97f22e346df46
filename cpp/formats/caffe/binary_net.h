// The description of a network in a .caffemodel, which most of them hold beside the weights.
#pragma once

#include "base/mapped_file.h"
#include "formats/common/format.h"
#include "wire/text_proto.h"

namespace modelconv::caffe {

// As the text form has it. Weights are skipped. Throws MalformedModelError.
text_proto::Message read_binary_net(Bytes bytes);

}  // namespace modelconv::caffe
