# CUDA: AUTO takes what is there, ON insists, OFF does without. Only liblimpid_cuda is compiled by nvcc;
# limpid itself loads it when a program asks for a GPU (lib/kernels/cuda/backend.h).
# Off in a project that has limpid inside, unless it asks: compiling the kernels takes minutes. Off on Windows, where
# nobody has tried it.
if(PROJECT_IS_TOP_LEVEL AND NOT WIN32)
  set(cuda_default AUTO)
else()
  set(cuda_default OFF)
endif()
set(LIMPID_CUDA ${cuda_default} CACHE STRING "Build the CUDA backend: AUTO (where nvcc is found), ON or OFF")
set_property(CACHE LIMPID_CUDA PROPERTY STRINGS AUTO ON OFF)
option(LIMPID_CUDA_QUICK "Compile kernels in half of the time, to slower code (nvcc 13)" OFF)
set(LIMPID_WITH_CUDA OFF)

if(LIMPID_CUDA)  # AUTO is as true as ON
  # The kernels ask for nothing that only sm_90 has, so both cards get machine code from one PTX: making it
  # again for sm_90 (CMAKE_CUDA_ARCHITECTURES "80;90") gives the same (docs/cuda.md) and takes four minutes.
  # The ci preset does without sm_90's, half of ptxas's work: what it compiles never runs there, or from PTX. It
  # is quick as well: the long convolutions alone took nvcc 68 seconds of a core for each type of samples, and take 24.
  set(LIMPID_CUDA_OPTIONS "")
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80)
    set(LIMPID_CUDA_OPTIONS --generate-code=arch=compute_80,code=sm_90)
  endif()
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    find_package(CUDAToolkit 12 QUIET)  # before it, nvcc knows no C++20
    if(CUDAToolkit_FOUND AND TARGET CUDA::cufft)
      set(LIMPID_WITH_CUDA ON)
    endif()
  endif()
  if(LIMPID_CUDA_QUICK AND CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    list(APPEND LIMPID_CUDA_OPTIONS --Ofast-compile=mid)
  endif()
  if(LIMPID_WITH_CUDA)
    message(STATUS "limpid: with CUDA ${CUDAToolkit_VERSION} for ${CMAKE_CUDA_ARCHITECTURES} ${LIMPID_CUDA_OPTIONS}")
    list(APPEND CMAKE_BUILD_RPATH ${PROJECT_BINARY_DIR}/lib/kernels/cuda)  # for programs run from the build tree
  elseif(LIMPID_CUDA STREQUAL "AUTO")
    message(STATUS "limpid: WITHOUT CUDA (nvcc 12 or newer, and cuFFT)")
  else()
    message(FATAL_ERROR "LIMPID_CUDA is ON: nvcc 12 or newer, or cuFFT, was not found (set CUDACXX to nvcc's path)")
  endif()
endif()
