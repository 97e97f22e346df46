// Layers that do nothing at inference: noise, regularisation, names. And the cast between precisions of layers.
#include "formats/keras/ops/all_ops.h"
#include "formats/keras/ops/arguments.h"

namespace modelconv::keras {
namespace {

void raise_identity(Translation& t) { t.set_output(0, t.required(0)); }

// Some layers of images hand on integers as floats, also where they change nothing.
void raise_as_float(Translation& t) {
  Value& x = t.required(0);
  t.set_output(0, is_float(element_type(t, x)) ? x : t.cast(x, DType::float32));
}

// Keras casts floating-point inputs of a layer to the layer's type, and leaves integers alone.
void raise_autocast(Translation& t) {
  Value& x = t.required(0);
  const auto dtype = dtype_from_name(string_of(t, "dtype", "float32"));
  if (!dtype) t.refuse("the element type '{}' is not known", string_of(t, "dtype", ""));
  t.set_output(0, is_float(element_type(t, x)) && is_float(*dtype) ? t.cast(x, *dtype) : x);
}

void refuse_lambda(Translation& t) {
  t.refuse(
      "a Lambda layer holds Python code, which is never run; replace it by layers or keras.ops and save "
      "again");
}

void refuse_strings(Translation& t) { t.refuse("it works on strings"); }
void refuse_words(Translation& t) {
  t.refuse("it works on strings: convert the SavedModel, or the model itself, where it is a lookup table");
}
void refuse_hash(Translation& t) { t.refuse("ONNX has no operator for Keras's hash function"); }
void refuse_histograms(Translation& t) { t.refuse("ONNX has no histograms: equalise before the model"); }
void refuse_boxes(Translation& t) { t.refuse("it works on bounding boxes, in front of the model"); }
void refuse_spectrogram(Translation& t) { t.refuse("it belongs in front of the model: compute it before"); }

}  // namespace

OpMappings pass_through_ops() {
  OpMappings rows;
  for (const char* name :
       {"keras.ActivityRegularization", "keras.AlphaDropout", "keras.Dropout", "keras.GaussianDropout",
        "keras.GaussianNoise", "keras.Identity", "keras.MixUp", "keras.RandomBrightness",
        "keras.RandomColorDegeneration", "keras.RandomColorJitter", "keras.RandomContrast",
        "keras.RandomGrayscale", "keras.RandomHue", "keras.RandomInvert", "keras.RandomPosterization",
        "keras.RandomSaturation", "keras.SpatialDropout1D", "keras.SpatialDropout2D",
        "keras.SpatialDropout3D"})
    rows.push_back({name, "Identity", raise_identity, nullptr, "nothing at inference"});
  for (const char* name :
       {"keras.AugMix", "keras.CutMix", "keras.RandAugment", "keras.RandomElasticTransform",
        "keras.RandomErasing", "keras.RandomFlip", "keras.RandomGaussianBlur", "keras.RandomPerspective",
        "keras.RandomRotation", "keras.RandomSharpness", "keras.RandomShear", "keras.RandomTranslation",
        "keras.RandomZoom", "keras.Solarization"})
    rows.push_back(
        {name, "Identity", raise_as_float, nullptr, "nothing at inference but a cast of integers"});
  rows.push_back(
      {"keras.autocast", "Cast", raise_autocast, nullptr, "between layers of different precision"});
  const char* strings = "refused: strings";
  const char* hash = "refused: ONNX lacks the hash function";
  const char* spectrogram = "refused: belongs in front of the model";
  rows.push_back({"keras.Lambda", "", refuse_lambda, nullptr, "refused: Python code is never run"});
  rows.push_back({"keras.StringLookup", "", refuse_words, nullptr, strings});
  rows.push_back({"keras.TextVectorization", "", refuse_strings, nullptr, strings});
  rows.push_back({"keras.Hashing", "", refuse_hash, nullptr, hash});
  rows.push_back({"keras.HashedCrossing", "", refuse_hash, nullptr, hash});
  const char* histograms = "refused: ONNX has no histograms";
  rows.push_back(
      {"keras.ContrastLimitedAdaptiveHistogramEqualization", "", refuse_histograms, nullptr, histograms});
  rows.push_back({"keras.Equalization", "", refuse_histograms, nullptr, histograms});
  rows.push_back({"keras.MaxNumBoundingBoxes", "", refuse_boxes, nullptr, "refused: bounding boxes"});
  rows.push_back({"keras.MelSpectrogram", "", refuse_spectrogram, nullptr, spectrogram});
  return rows;
}

}  // namespace modelconv::keras
