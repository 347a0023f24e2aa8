# WebAssembly with Emscripten, as Debian 13 has it, and with what build_dependencies.sh has put into $LIMPID_WASM.
if(NOT DEFINED ENV{LIMPID_WASM})
  message(FATAL_ERROR "LIMPID_WASM is not set: the folder that cmake/wasm/build_dependencies.sh has filled")
endif()
find_program(em_config em-config REQUIRED)
execute_process(COMMAND ${em_config} EMSCRIPTEN_ROOT OUTPUT_VARIABLE emscripten OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
# Chrome 95, Firefox 100 and Safari 16.4 have both.
set(CMAKE_C_FLAGS_INIT "-msimd128 -fwasm-exceptions")
set(CMAKE_CXX_FLAGS_INIT "-msimd128 -fwasm-exceptions")
set(CMAKE_FIND_ROOT_PATH $ENV{LIMPID_WASM})
include(${emscripten}/cmake/Modules/Platform/Emscripten.cmake)
set(ENV{PKG_CONFIG_PATH} $ENV{LIMPID_WASM}/lib/pkgconfig)  # Emscripten itself sets PKG_CONFIG_LIBDIR
