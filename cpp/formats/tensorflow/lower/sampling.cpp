// Elements of images at computed places: grids, regions, positions of a pool.
#include "formats/common/sampling.h"

#include "formats/tensorflow/lower/all_lowerings.h"

namespace modelconv::tensorflow {

OpMappings lower_sampling() {
  return {
      {"tf.GatherV2", "nhwc.GridSample", nullptr, formula::lower_grid_sample, "cubic: two spatial axes"},
      {"tf.TensorScatterUpdate", "nhwc.MaxUnpool", nullptr, formula::lower_max_unpool, "known sizes"},
      {"tf.GatherV2", "nhwc.RoiAlign", nullptr, formula::lower_roi_align,
       "mode avg, fixed number of samples"},
  };
}

}  // namespace modelconv::tensorflow
