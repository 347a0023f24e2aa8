# shellcheck shell=bash disable=SC2164
# Debian 12's source packages compiled for another system, static: sourced by cmake/*/build_dependencies.sh PREFIX, which stops at
# the first error and lies beside its toolchain. Goes into $prefix/src. apt's own lists of packages stay as they are.
prefix=$(realpath -m "${1:?usage: $0 PREFIX}")
toolchain=$(realpath "$(dirname "$0")/toolchain.cmake")
jobs=${JOBS:-$(nproc)}
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
  if [ ! -e "$1.fetched" ]; then
    apt_get source --only-source "$1"
    touch "$1.fetched"
  fi
  cd "$(find . -maxdepth 1 -type d -name "$1-*" | head -n 1)"
}

# build NAME OPTION...: with CMake.
build() (
  [ -e "$1.done" ] && return
  enter "$1"
  cmake -S . -B made -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE="$toolchain" -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_INSTALL_LIBDIR=lib -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF "${@:2}"
  cmake --build made --parallel "$jobs"
  cmake --install made
  touch "../$1.done"
)

# copy_headers CMAKE_PACKAGE FOLDER: headers alone, Debian's own, are every system's.
copy_headers() {
  mkdir -p "$prefix/include" "$prefix/share/cmake"
  cp -r "/usr/share/cmake/$1" "$prefix/share/cmake"
  cp -r "/usr/include/$2" "$prefix/include"
}
