# Debian packages, by CPack: limpid (the program), limpid-ladspa, limpid-lv2, limpid-dev (the library), and limpid-cuda where it was built
# with CUDA. What they need is what dpkg-shlibdeps finds in them, so they are for the system that they were built on. A CUDA that NVIDIA's
# own installer brought is no package, so none can be named.
if(NOT PROJECT_IS_TOP_LEVEL OR NOT CMAKE_SYSTEM_NAME STREQUAL "Linux" OR CMAKE_CROSSCOMPILING)
  return()
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The limpid authors <limpid@localhost>")
set(CPACK_SET_DESTDIR ON)  # what is configured when it is installed says /usr
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/package_folders.cmake)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # CPack would put it before that of each package, and lists show the first line only
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

file(READ LICENSE copyright)
if(LIMPID_FFT STREQUAL "fftw")
  string(APPEND copyright "\nWhat is linked with FFTW is, as a whole, under the GNU General Public License, version 2 or later:\n/usr/share/common-licenses/GPL-2\n")
endif()
foreach(package IN ITEMS nlohmann-json3-dev libcli11-dev libkissfft-dev)  # of which parts are in the binaries
  if(EXISTS /usr/share/doc/${package}/copyright)
    file(READ /usr/share/doc/${package}/copyright theirs)
    string(APPEND copyright "\n${package}:\n${theirs}")
  endif()
endforeach()
file(WRITE ${PROJECT_BINARY_DIR}/copyright "${copyright}")

string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC)  # SOURCE_DATE_EPOCH, where it is set
file(WRITE ${PROJECT_BINARY_DIR}/changelog "limpid (${PROJECT_VERSION}) unstable; urgency=medium

  * What changed: CHANGELOG.md.gz, beside this file.

 -- ${CPACK_PACKAGE_CONTACT}  ${today}
")

# limpid_package(component name section summary description), with the files that Debian wants in every package.
set(CPACK_COMPONENTS_ALL "")
macro(limpid_package component name section summary description)
  list(APPEND CPACK_COMPONENTS_ALL ${component})
  string(TOUPPER ${component} key)
  set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${name})
  set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${section})
  set(CPACK_DEBIAN_${key}_DESCRIPTION "${summary}\n${description}")
  install(FILES ${PROJECT_BINARY_DIR}/copyright ${PROJECT_BINARY_DIR}/changelog CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
endmacro()

limpid_package(library limpid-dev libdevel "Real-time speech enhancement, the library"
               "For C++20 and C, by CMake and pkg-config. Its trained models are inside.")
if(NOT BUILD_SHARED_LIBS AND LIMPID_FFT STREQUAL "fftw")  # who links it links these
  set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libhwy-dev, libfftw3-dev")
elseif(NOT BUILD_SHARED_LIBS)
  set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libhwy-dev, libkissfft-dev")
endif()
if(TARGET limpid_cli)
  limpid_package(programs limpid sound "Removes noise and reverberation from speech, in files and live"
                 "Cleans recordings and folders of them, and a microphone while it is used.\nIts trained models are inside.")
endif()
if(TARGET limpid_ladspa)
  limpid_package(ladspa limpid-ladspa sound "Removes noise and reverberation from speech, as LADSPA plug-ins"
                 "For hosts like Ardour and FFmpeg, and with limpid-microphone.conf as a virtual\nmicrophone under PipeWire.")
endif()
if(TARGET limpid_lv2)
  limpid_package(lv2 limpid-lv2 sound "Removes noise and reverberation from speech, as LV2 plug-ins"
                 "For hosts of LV2 plug-ins.")
endif()
if(TARGET limpid_cuda)
  limpid_package(cuda limpid-cuda sound "Real-time speech enhancement on CUDA cards"
                 "Loaded by the program and by applications that ask for a card: many streams,\nor many files, at once.")
endif()
include(CPack)
