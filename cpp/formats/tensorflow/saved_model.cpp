#include "formats/tensorflow/decode.h"

namespace modelconv::tensorflow {
Model decode_saved_model(const ReadRequest&) { throw InternalError("wip"); }
}
