# Everything is header-only or compiled in, so that the Python module needs only libc, libstdc++ and zlib at run time.

function(modelconv_require found what debian_package)
  if(NOT ${found})
    message(FATAL_ERROR "${what} was not found. On Debian and Ubuntu: apt-get install ${debian_package}\n"
                        "(scripts/setup.sh installs all of them)")
  endif()
endfunction()

find_package(Threads REQUIRED)

find_package(ZLIB QUIET)
modelconv_require(ZLIB_FOUND "zlib" zlib1g-dev)

find_package(nlohmann_json QUIET)
modelconv_require(nlohmann_json_FOUND "nlohmann-json" nlohmann-json3-dev)

find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_reader.hpp)
modelconv_require(PROTOZERO_INCLUDE_DIR "protozero" libprotozero-dev)
add_library(protozero::protozero INTERFACE IMPORTED)
target_include_directories(protozero::protozero SYSTEM INTERFACE ${PROTOZERO_INCLUDE_DIR})

# fmt's own header-only mode compiles the whole library in every file that includes it: 8 s instead of 0.3 s per file
# with sanitizers. Debian has no static library, so cpp/base/fmt_library.cpp compiles it once; it is written for fmt 9.
find_package(fmt QUIET)
modelconv_require(fmt_FOUND "fmt" libfmt-dev)
add_library(modelconv_fmt INTERFACE)
get_target_property(fmt_include_dir fmt::fmt-header-only INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(modelconv_fmt SYSTEM INTERFACE ${fmt_include_dir})
if(NOT fmt_VERSION VERSION_GREATER_EQUAL 9 OR NOT fmt_VERSION VERSION_LESS 10)
  target_compile_definitions(modelconv_fmt INTERFACE FMT_HEADER_ONLY)
endif()

# The interpreter also runs tools/generate_schemas.py, so it is needed without the bindings too.
find_package(Python REQUIRED COMPONENTS Interpreter OPTIONAL_COMPONENTS Development.Module)
if(MODELCONV_PYTHON)
  modelconv_require(Python_Development.Module_FOUND "Python's headers" python3-dev)
  if(NOT pybind11_DIR)
    execute_process(COMMAND ${Python_EXECUTABLE} -m pybind11 --cmakedir OUTPUT_VARIABLE pybind11_DIR
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  find_package(pybind11 QUIET CONFIG)
  modelconv_require(pybind11_FOUND "pybind11" pybind11-dev)
endif()

if(MODELCONV_TESTS)
  find_package(GTest QUIET)
  modelconv_require(GTest_FOUND "googletest" "libgtest-dev libgmock-dev")
endif()
