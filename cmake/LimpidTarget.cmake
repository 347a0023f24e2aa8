# How every target of limpid is compiled.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_UNITY_BUILD OFF)  # kernels compile themselves once for each instruction set, each file by itself
# What a layer asks of the operating system is in files whose names end in this.
if(WIN32)
  set(LIMPID_SYSTEM windows)
else()
  set(LIMPID_SYSTEM posix)
endif()
# For whoever links a static limpid: a plug-in that contains it shows nothing of it, templates of the
# standard library included. Only then can it be unloaded.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND NOT BUILD_SHARED_LIBS)
  set(LIMPID_HIDES_STATIC -Wl,--exclude-libs,liblimpid.a)
endif()

add_library(limpid_options INTERFACE)
target_include_directories(limpid_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
target_compile_options(limpid_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                       $<$<BOOL:${LIMPID_WERROR}>:-Werror>
                       # GCC 12 sees overlaps in std::string's operator+ that are not there (bug 105329).
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# GCC 13 believes that views of a temporary view end with it; GCC 14 knows better.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION MATCHES "^13\\.")
  target_compile_options(limpid_options INTERFACE -Wno-dangling-reference)
endif()
# GCC takes the stack of Windows for aligned to 32 bytes, where it is to 16 (bug 54412): vectors that it moves there
# as aligned are to be moved as what they are. Binutils 2.40. And where a caller of an inline function saw which registers
# its own copy leaves alone, GCC 12 relies on that, though the linker may keep another file's copy, compiled otherwise.
if(MINGW AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(limpid_options INTERFACE -Wa,-muse-unaligned-vector-move -fno-ipa-ra)
endif()
# What a sanitizer finds is to end the program: undefined behaviour would else be a line that a passed test prints. What
# libstdc++ can check itself, with which some distributions compile everything, is checked as well.
if(LIMPID_SANITIZE)
  target_compile_definitions(limpid_options INTERFACE _GLIBCXX_ASSERTIONS)
  target_compile_options(limpid_options INTERFACE -fsanitize=${LIMPID_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(limpid_options INTERFACE -fsanitize=${LIMPID_SANITIZE})
endif()

# limpid_layer(name SOURCES... ) makes one layer of the library. Layers are object libraries: the
# one library that is installed is made of all of them.
function(limpid_layer name)
  add_library(limpid_${name} OBJECT ${ARGN})
  target_link_libraries(limpid_${name} PUBLIC limpid_options)
endfunction()
