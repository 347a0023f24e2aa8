# find_package(limpid) and pkg-config for applications, and the command line for people.
option(LIMPID_INSTALL "Install the library, and the command line where it is built" ${PROJECT_IS_TOP_LEVEL})
if(NOT LIMPID_INSTALL)
  return()
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/limpid)

install(TARGETS limpid EXPORT limpid-targets COMPONENT library)
install(DIRECTORY include/limpid DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT library)
install(EXPORT limpid-targets NAMESPACE limpid:: DESTINATION ${package_folder} COMPONENT library)

# A static limpid hands its own libraries on to whoever links it; a shared one keeps them to itself.
if(LIMPID_FFT STREQUAL "fftw")
  set(LIMPID_FFT_MODULE fftw3f)
else()
  set(LIMPID_FFT_MODULE kissfft-float)
endif()
set(requires "${LIMPID_FFT_MODULE} libhwy")
if(APPLE)
  set(LIMPID_CXX_RUNTIME c++)
else()
  set(LIMPID_CXX_RUNTIME stdc++)
endif()
set(libs "-l${LIMPID_CXX_RUNTIME} -lm -pthread")
if(CMAKE_DL_LIBS)
  string(APPEND libs " -l${CMAKE_DL_LIBS}")
endif()
if(LIMPID_FFT STREQUAL "fftw")
  string(PREPEND libs "-lfftw3f_threads ")
endif()
if(LIMPID_HIDES_STATIC)
  string(PREPEND libs "${LIMPID_HIDES_STATIC} ")
endif()
if(BUILD_SHARED_LIBS)
  set(LIMPID_IS_STATIC OFF)
  set(LIMPID_PC_CFLAGS " -DLIMPID_SHARED")
  set(LIMPID_PC_LIBS "Libs: -L\${libdir} -llimpid")  # no Requires.private: pkg-config would ask for their headers
else()
  set(LIMPID_IS_STATIC ON)
  set(LIMPID_PC_CFLAGS "")
  set(LIMPID_PC_LIBS "Libs: -L\${libdir} -llimpid ${libs}\nRequires: ${requires}")
endif()

configure_package_config_file(cmake/limpidConfig.cmake.in ${PROJECT_BINARY_DIR}/limpidConfig.cmake
                              INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/limpidConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/limpidConfig.cmake ${PROJECT_BINARY_DIR}/limpidConfigVersion.cmake
        DESTINATION ${package_folder} COMPONENT library)

file(RELATIVE_PATH LIMPID_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" LIMPID_PC_PREFIX ${LIMPID_PC_PREFIX})
configure_file(cmake/limpid.pc.in ${PROJECT_BINARY_DIR}/limpid.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/limpid.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
        COMPONENT library)

if(TARGET limpid_cuda)
  install(TARGETS limpid_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT cuda)
endif()
if(TARGET limpid_cli)
  install(TARGETS limpid_cli COMPONENT programs)
endif()
# Where man and shells look, for whoever has the same prefix.
if(TARGET limpid_described)
  get_target_property(described limpid_described LIMPID_FOLDER)
  install(FILES ${described}/man/limpid.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
  install(FILES ${described}/bash/limpid DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT programs)
  # Debian's zsh looks for what packages bring in a folder of its own.
  install(CODE "set(folder site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL \"/usr\" AND EXISTS /etc/debian_version)
  set(folder vendor-completions)
endif()
file(INSTALL \"${described}/zsh/_limpid\" DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${folder}\")"
          COMPONENT programs)
  install(FILES ${described}/fish/limpid.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT programs)
endif()
# Where hosts look for plug-ins, on systems with lib64 or lib/x86_64-linux-gnu as well.
if(TARGET limpid_ladspa)
  set(plugin_folder lib/ladspa)
  set(microphone ${PROJECT_BINARY_DIR}/limpid-microphone.conf)
  install(TARGETS limpid_ladspa DESTINATION ${plugin_folder} COMPONENT ladspa)
  # The prefix is known when it is installed.
  install(CODE "get_filename_component(LIMPID_LADSPA_FILE \"\${CMAKE_INSTALL_PREFIX}/${plugin_folder}/limpid_ladspa.so\" ABSOLUTE)
configure_file(\"${PROJECT_SOURCE_DIR}/examples/ladspa/limpid-microphone.conf.in\" \"${microphone}\" @ONLY)"
          COMPONENT ladspa)
  install(FILES ${microphone} DESTINATION ${CMAKE_INSTALL_DATADIR}/limpid COMPONENT ladspa)
endif()
include(LimpidPackages)
