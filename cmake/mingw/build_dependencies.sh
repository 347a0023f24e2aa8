#!/usr/bin/env bash
# What limpid and its tests link, for 64-bit Windows, out of Debian's source packages:
#   cmake/install_packages.sh mingw && cmake/mingw/build_dependencies.sh PREFIX && LIMPID_MINGW=PREFIX cmake --preset mingw
# Debian 12.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/../from_source.sh"
triple=x86_64-w64-mingw32
unaligned=-Wa,-muse-unaligned-vector-move  # as in toolchain.cmake
export LIMPID_MINGW=$prefix

# configure NAME OPTION...: with its script.
configure() (
  [ -e "$1.done" ] && return
  enter "$1"
  CFLAGS="-O2 $unaligned -D_FORTIFY_SOURCE=0" ./configure --host=$triple CC=$triple-gcc-posix CXX=$triple-g++-posix --prefix="$prefix" --disable-shared "${@:2}"
  make -j "$jobs"
  make install
  touch "../$1.done"
)

build fftw3 -DENABLE_FLOAT=ON -DENABLE_THREADS=ON -DENABLE_SSE2=ON -DENABLE_AVX=ON -DBUILD_TESTS=OFF \
  -DCMAKE_C_FLAGS="$unaligned -DWITH_OUR_MALLOC"  # Windows' own aligns nothing to 16 bytes
build highway -DHWY_ENABLE_EXAMPLES=OFF
build libsamplerate -DLIBSAMPLERATE_EXAMPLES=OFF
build libogg
build flac -DWITH_STACK_PROTECTOR=OFF -DWITH_FORTIFY_SOURCE=OFF -DBUILD_CXXLIBS=OFF -DBUILD_PROGRAMS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_DOCS=OFF \
  -DINSTALL_MANPAGES=OFF
build libvorbis
configure opus --disable-extra-programs --disable-doc --disable-stack-protector
build libsndfile -DBUILD_PROGRAMS=OFF -DBUILD_EXAMPLES=OFF -DENABLE_MPEG=OFF -DCMAKE_C_FLAGS="$unaligned -DFLAC__NO_DLL"
build fmtlib -DFMT_TEST=OFF -DFMT_DOC=OFF
build googletest -DBUILD_GMOCK=OFF
configure portaudio19 --with-winapi=wmme
sed -i 's/ -mthreads//' "$prefix/lib/pkgconfig/portaudio-2.0.pc"  # of threads that GCC has had another way for since long

copy_headers CLI11 CLI
copy_headers nlohmann_json nlohmann
