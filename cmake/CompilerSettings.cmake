# Warnings, sanitizers, and the tools that make builds faster when they are installed.

# Linked PRIVATE: whoever builds from source never inherits -Werror.
add_library(modelconv_warnings INTERFACE)
# gcc is the reference: sign conversions, which clang counts under -Wconversion, are left out.
target_compile_options(
  modelconv_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow $<$<CXX_COMPILER_ID:Clang>:-Wno-sign-conversion>
                               $<$<BOOL:${MODELCONV_DEV}>:-Werror>)

if(MODELCONV_SANITIZE)
  # An undefined operation ends the run: a test that only prints a report does not fail.
  add_compile_options(-fsanitize=${MODELCONV_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MODELCONV_SANITIZE})
endif()

if(MODELCONV_FUZZ AND CMAKE_CXX_COMPILER_ID MATCHES Clang)
  add_compile_options(-fsanitize=fuzzer-no-link)  # libFuzzer's guidance: which code a new input reaches
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

if(MODELCONV_DEV)
  find_program(MOLD_PROGRAM mold)
  if(MOLD_PROGRAM)
    add_link_options(-fuse-ld=mold)
  endif()
endif()
