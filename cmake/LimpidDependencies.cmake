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
if(LIMPID_LADSPA)
  find_path(LADSPA_INCLUDE_DIR ladspa.h)  # ladspa-sdk
  mark_as_advanced(LADSPA_INCLUDE_DIR)
  if(NOT LADSPA_INCLUDE_DIR)
    message(STATUS "No ladspa.h (Debian: ladspa-sdk), so no LADSPA plug-in is built")
  endif()
endif()
if(LIMPID_LV2)
  find_path(LV2_INCLUDE_DIR lv2/core/lv2.h)  # lv2-dev
  mark_as_advanced(LV2_INCLUDE_DIR)
  if(NOT LV2_INCLUDE_DIR)
    message(STATUS "No lv2/core/lv2.h (Debian: lv2-dev), so no LV2 plug-in is built")
  endif()
endif()
if(LIMPID_TESTS)
  find_package(GTest REQUIRED)  # libgtest-dev
  include(GoogleTest)
endif()
