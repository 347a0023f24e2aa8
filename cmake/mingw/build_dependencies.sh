#!/usr/bin/env bash
# What limpid and its tests link, for 64-bit Windows, out of Debian's source packages:
#   cmake/install_packages.sh mingw && cmake/mingw/build_dependencies.sh PREFIX && LIMPID_MINGW=PREFIX cmake --preset mingw
# Debian 12. apt's own lists of packages stay as they are.
set -euo pipefail
prefix=$(realpath -m "${1:?usage: $0 PREFIX}")
here=$(cd "$(dirname "$0")" && pwd)
jobs=${JOBS:-$(nproc)}
triple=x86_64-w64-mingw32
unaligned=-Wa,-muse-unaligned-vector-move  # as in toolchain.cmake
export LIMPID_MINGW=$prefix
mkdir -p "$prefix/src/lists/partial" "$prefix/lib/pkgconfig"
cd "$prefix/src"

cat > sources.list <<LIST
deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main
LIST
apt_get() {
  apt-get -q -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=- \
    -o Dir::State::Lists="$PWD/lists" -o APT::Sandbox::User="$(id -un)" "$@"
}
apt_get update

# Goes into the folder of the source package $1, fetched where it is not there.
enter() {
  [ -e "$1.fetched" ] || { apt_get source --only-source "$1" && touch "$1.fetched"; }
  cd "$(find . -maxdepth 1 -type d -name "$1-*" | head -n 1)"
}

# build NAME OPTION...: with CMake.
build() (
  [ -e "$1.done" ] && return
  enter "$1"
  cmake -S . -B made -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "${@:2}"
  cmake --build made --parallel "$jobs"
  cmake --install made
  touch "../$1.done"
)

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

# Headers only: Debian's are Windows' too.
mkdir -p "$prefix/include" "$prefix/share/cmake"
cp -r /usr/include/CLI /usr/include/nlohmann "$prefix/include"
cp -r /usr/share/cmake/CLI11 /usr/share/cmake/nlohmann_json "$prefix/share/cmake"
