#include "formats/tensorflow/tensorflow.h"

namespace modelconv::tensorflow {
Model decode_saved_model(const ReadRequest&) { throw InternalError("wip"); }
}
