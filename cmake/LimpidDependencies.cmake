# Third-party libraries and the Debian packages they are in, which cmake/install_packages.sh installs.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)       # libhwy-dev
find_package(nlohmann_json 3.10 REQUIRED)                    # nlohmann-json3-dev
if(LIMPID_FFT STREQUAL "fftw")
  pkg_check_modules(FFT REQUIRED IMPORTED_TARGET fftw3f)     # libfftw3-dev
  find_library(LIMPID_FFT_LOCK fftw3f_threads HINTS ${FFT_LIBRARY_DIRS} REQUIRED)  # of the same package: the lock of its planner
elseif(LIMPID_FFT STREQUAL "kissfft")
  pkg_check_modules(FFT REQUIRED IMPORTED_TARGET kissfft-float)  # libkissfft-dev
else()
  message(FATAL_ERROR "LIMPID_FFT is '${LIMPID_FFT}': expected fftw or kissfft")
endif()
if(LIMPID_CLI OR LIMPID_TESTS)
  pkg_check_modules(SNDFILE REQUIRED IMPORTED_TARGET sndfile)        # libsndfile1-dev
  pkg_check_modules(SAMPLERATE REQUIRED IMPORTED_TARGET samplerate)  # libsamplerate0-dev
  find_package(CLI11 REQUIRED)                                       # libcli11-dev
  find_package(fmt REQUIRED)                                         # libfmt-dev
endif()
if(LIMPID_LIVE)
  pkg_check_modules(PORTAUDIO REQUIRED IMPORTED_TARGET portaudio-2.0)  # portaudio19-dev
endif()
macro(limpid_plugin_headers standard header package)
  if(LIMPID_${standard})
    find_path(${standard}_INCLUDE_DIR ${header})
    mark_as_advanced(${standard}_INCLUDE_DIR)
    if(NOT ${standard}_INCLUDE_DIR)
      message(STATUS "No ${header} (Debian: ${package}), so no ${standard} plug-in is built")
    endif()
  endif()
endmacro()
limpid_plugin_headers(LADSPA ladspa.h ladspa-sdk)
limpid_plugin_headers(LV2 lv2/core/lv2.h lv2-dev)
if(LIMPID_TESTS)
  find_package(GTest REQUIRED)  # libgtest-dev
  include(GoogleTest)
endif()
