// Runs a fuzz target on files, for compilers without libFuzzer: ./fuzz_x FILE...
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::cerr << "cannot open " << argv[i] << '\n';
      return 2;
    }
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    std::cerr << argv[i] << '\n';  // before the run: a crash is then known by its file
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  }
}
