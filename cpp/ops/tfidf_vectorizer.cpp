// TfIdfVectorizer: counts of the n-grams of a pool in each row of tokens.
#include <algorithm>
#include <map>
#include <unordered_map>

#include "ops/all_ops.h"
#include "ops/elementwise.h"

namespace modelconv {
namespace {

using Token = int32_t;  // place in the pool's vocabulary; kUnknown matches nothing
constexpr Token kUnknown = -1;

template <class T>
class Vocabulary {
 public:
  Token add(const T& word) { return tokens_.emplace(word, static_cast<Token>(tokens_.size())).first->second; }
  Token find(const T& word) const {
    const auto found = tokens_.find(word);
    return found == tokens_.end() ? kUnknown : found->second;
  }

 private:
  std::unordered_map<T, Token> tokens_;
};

struct Settings {
  enum class Mode : uint8_t { tf, idf, tfidf } mode;
  int64_t shortest, longest, most_skips;
  std::vector<int64_t> first_of_length, columns;  // attributes ngram_counts and ngram_indexes
  std::vector<float> weights;                     // per column; empty: all 1
  int64_t width = 0;                              // of the output
};

[[noreturn]] void throw_invalid(const Node& node, const char* what) {
  throw MalformedModelError(fmt::format("{}: {}", node.describe(), what));
}

Settings read_settings(const Node& node) {
  const std::string mode = string_attr(node, "mode");
  if (mode != "TF" && mode != "IDF" && mode != "TFIDF") throw_invalid(node, "mode must be TF, IDF or TFIDF");
  Settings settings{mode == "TF"    ? Settings::Mode::tf
                    : mode == "IDF" ? Settings::Mode::idf
                                    : Settings::Mode::tfidf,
                    int_attr(node, "min_gram_length"),
                    int_attr(node, "max_gram_length"),
                    int_attr(node, "max_skip_count"),
                    ints_attr(node, "ngram_counts"),
                    ints_attr(node, "ngram_indexes"),
                    {}};
  if (node.attrs.has("weights")) settings.weights = floats_attr(node, "weights");
  constexpr int64_t kMost = int64_t{1} << 31;
  for (const int64_t column : settings.columns) {
    if (column < 0 || column >= kMost) throw_invalid(node, "an element of ngram_indexes is out of range");
    settings.width = std::max(settings.width, column + 1);
  }
  if (settings.width == 0) throw_invalid(node, "ngram_indexes is empty");
  if (!settings.weights.empty() && static_cast<int64_t>(settings.weights.size()) < settings.width)
    throw_invalid(node, "there are fewer weights than columns of the output");
  if (settings.shortest < 1 || settings.longest < settings.shortest || settings.most_skips < 0)
    throw_invalid(node, "the lengths or the number of skips make no sense");
  return settings;
}

// N-gram -> column of the output.
using NGrams = std::map<std::vector<Token>, int64_t>;

// The pool holds all 1-grams, then all 2-grams, ...; the columns are numbered in the same order.
NGrams read_ngrams(const Node& node, const Settings& settings, const std::vector<Token>& pool) {
  NGrams ngrams;
  size_t number = 0;
  for (size_t i = 0; i < settings.first_of_length.size(); ++i) {
    const size_t length = i + 1;
    const int64_t begin = settings.first_of_length[i];
    const int64_t end = i + 1 < settings.first_of_length.size() ? settings.first_of_length[i + 1]
                                                                : static_cast<int64_t>(pool.size());
    if (begin < 0 || begin > end || end > static_cast<int64_t>(pool.size()))
      throw_invalid(node, "ngram_counts does not divide the pool");
    for (auto at = static_cast<size_t>(begin); at + length <= static_cast<size_t>(end);
         at += length, ++number) {
      if (number >= settings.columns.size()) throw_invalid(node, "ngram_indexes is shorter than the pool");
      const auto first = pool.begin() + static_cast<std::ptrdiff_t>(at);
      ngrams[std::vector<Token>(first, first + static_cast<std::ptrdiff_t>(length))] =
          settings.columns[number];
    }
  }
  return ngrams;
}

// Tokens of an n-gram are 1 + skips apart. Single tokens know no skips and are counted once.
void count_row(std::span<const Token> row, const Settings& settings, const NGrams& ngrams, float* counts) {
  const auto size = static_cast<int64_t>(row.size());
  std::vector<Token> key;
  for (int64_t distance = 1; distance <= settings.most_skips + 1 && distance <= size; ++distance)
    for (int64_t first = 0; first < size; ++first) {
      key.clear();
      for (int64_t at = first; at < size && static_cast<int64_t>(key.size()) < settings.longest;
           at += distance) {
        if (row[static_cast<size_t>(at)] == kUnknown) break;
        key.push_back(row[static_cast<size_t>(at)]);
        const auto length = static_cast<int64_t>(key.size());
        if (length < settings.shortest || (length == 1 && distance > 1)) continue;
        const auto found = ngrams.find(key);
        if (found != ngrams.end()) counts[found->second] += 1;
      }
    }
}

void weigh(const Settings& settings, float* counts) {
  for (int64_t i = 0; i < settings.width; ++i) {
    const float weight = settings.weights.empty() ? 1.0F : settings.weights[static_cast<size_t>(i)];
    if (settings.mode == Settings::Mode::idf) counts[i] = counts[i] > 0 ? weight : 0.0F;
    if (settings.mode == Settings::Mode::tfidf) counts[i] *= weight;
  }
}

template <class T, class Words>
void vectorize(KernelContext& context, const std::vector<T>& pool, const Words& words) {
  const Settings settings = read_settings(context.node());
  Vocabulary<T> vocabulary;
  std::vector<Token> pool_tokens, tokens;
  for (const T& word : pool) pool_tokens.push_back(vocabulary.add(word));
  for (const auto& word : words) tokens.push_back(vocabulary.find(word));
  const NGrams ngrams = read_ngrams(context.node(), settings, pool_tokens);
  const Dims& dims = context.input(0).dims();
  if (dims.size() > 2) context.fail("the input must have one or two axes");
  const int64_t rows = dims.size() == 2 ? dims[0] : 1, length = dims.empty() ? 1 : dims.back();
  const Dims result = dims.size() == 2 ? Dims{rows, settings.width} : Dims{settings.width};
  Tensor& y = context.allocate(0, DType::float32, result);
  float* counts = mutable_elements<float>(y);
  std::fill(counts, counts + y.size(), 0.0F);
  for (int64_t row = 0; row < rows; ++row, counts += settings.width) {
    const auto first = static_cast<size_t>(row * length);
    count_row(std::span<const Token>(tokens).subspan(first, static_cast<size_t>(length)), settings, ngrams,
              counts);
    weigh(settings, counts);
  }
}

void tfidf_kernel(KernelContext& context) {
  const Node& node = context.node();
  const Tensor& x = context.input(0);
  if (x.dtype() == DType::string)
    return vectorize<std::string>(context, strings_attr(node, "pool_strings"), x.data<std::string>());
  if (!is_integer(x.dtype())) context.fail("tokens are integers or strings");
  vectorize<int64_t>(context, ints_attr(node, "pool_int64s"), x.to_int64());
}

void infer_tfidf(InferContext& context) {
  const Dim width = read_settings(context.node()).width;
  const Shape& shape = context.input_shape(0);
  if (!shape.has_rank()) return context.set_output(0, DType::float32, Shape::unranked());
  if (shape.rank() > 2) context.fail("the input must have one or two axes");
  context.set_output(0, DType::float32, shape.rank() == 2 ? Shape{shape[0], width} : Shape{width});
}

}  // namespace

OpDefs tfidf_vectorizer_ops() { return {OpDef("TfIdfVectorizer").infer(infer_tfidf).evaluate(tfidf_kernel)}; }

}  // namespace modelconv
