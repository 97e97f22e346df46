# The operator schemas of the onnx package, written as a C++ table at build time.
