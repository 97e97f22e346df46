# The matrix product's inner loops are compiled once per kind of processor, and optimised in every preset: they are what
# tests of real models wait for. The processor is asked at run time (cpp/ops/gemm.cpp), so that one build runs everywhere.
# -ffp-contract: multiply and add in one instruction; off by default without GNU extensions.
set(gemm_options -O3 -ffp-contract=fast)
set_source_files_properties(cpp/ops/gemm_baseline.cpp PROPERTIES COMPILE_OPTIONS "${gemm_options}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|amd64")
  set_source_files_properties(cpp/ops/gemm_avx2.cpp PROPERTIES COMPILE_OPTIONS "${gemm_options};-mavx2;-mfma")
  set_source_files_properties(cpp/ops/gemm_avx512.cpp PROPERTIES COMPILE_OPTIONS
                              "${gemm_options};-mavx512f;-mfma;-mprefer-vector-width=512")
endif()
