# The operator schemas of the onnx package, written as a C++ table at build time.

execute_process(COMMAND ${Python_EXECUTABLE} -c "import onnx; print(onnx.__file__)" OUTPUT_VARIABLE onnx_package
                OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT onnx_package)
  message(FATAL_ERROR "${Python_EXECUTABLE} has no onnx package, from which the operator schemas are read while building: "
                      "pip install 'onnx>=1.23'")
endif()

set(schema_table ${CMAKE_CURRENT_BINARY_DIR}/generated/ops/schema_table.cpp)
file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/generated/ops)
# Depends on the package's __init__.py, so that installing another onnx writes the table again.
add_custom_command(
  OUTPUT ${schema_table}
  COMMAND ${Python_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/tools/generate_schemas.py ${schema_table}
  DEPENDS tools/generate_schemas.py ${onnx_package}
  COMMENT "Writing the operator schemas of the onnx package"
  VERBATIM)
target_sources(modelconv_core PRIVATE ${schema_table})
