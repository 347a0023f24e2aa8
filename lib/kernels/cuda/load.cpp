// SPDX-License-Identifier: MIT
// Finds liblimpid_cuda. Part of limpid itself, with or without CUDA.
#include <string_view>

#include "lib/kernels/cuda/backend.h"

#ifdef LIMPID_WITH_CUDA
#include <dlfcn.h>
#include <link.h>

#include <filesystem>
#include <system_error>
#include <vector>
#endif

namespace limpid::kernels::cuda {
namespace {

Error no_device(const std::string& why) {
  return {ErrorCode::device, "no CUDA device: " + why};
}

#ifdef LIMPID_WITH_CUDA

// The file that the code of limpid is in: a shared library, or the program. Of the program the
// linker knows only what it was called, which for one that was found in PATH names no folder.
std::filesystem::path own_file() {
  Dl_info info;
  link_map* map = nullptr;
  if (dladdr1(reinterpret_cast<const void*>(&open_device), &info, reinterpret_cast<void**>(&map),
              RTLD_DL_LINKMAP) == 0)
    return {};
  std::error_code none;
  return *map->l_name == '\0' ? std::filesystem::read_symlink("/proc/self/exe", none) : map->l_name;
}

// Beside limpid, in the library folder beside a program's, or wherever the system looks. `why`: of
// the first that is there and cannot be loaded, else of the system's own search.
void* load_library(std::string& why) {
  const std::filesystem::path folder = own_file().parent_path();
  std::vector<std::filesystem::path> places;
  if (!folder.empty()) places = {folder / LIMPID_CUDA_FILE, folder / LIMPID_CUDA_FROM_PROGRAM};
  places.emplace_back(LIMPID_CUDA_FILE);
  bool found = false;
  for (const auto& place : places) {
    if (void* library = dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    const char* reason = dlerror();
    if (reason != nullptr && !found) why = reason;
    std::error_code none;
    found = found || std::filesystem::exists(place, none);
  }
  return nullptr;
}

Result<const Backend*> load() {
  std::string why;
  void* library = load_library(why);
  if (library == nullptr) return no_device("its library cannot be loaded: " + why);
  const auto entry = reinterpret_cast<BackendFunction*>(dlsym(library, kBackendSymbol));
  const Backend* backend = entry != nullptr ? entry() : nullptr;
  if (backend == nullptr || std::string_view(backend->version) != LIMPID_CUDA_VERSION)
    return no_device(std::string(LIMPID_CUDA_FILE) + " is of another version than limpid " +
                     LIMPID_CUDA_VERSION);
  return backend;
}

#else

Result<const Backend*> load() {
  return no_device("limpid was built without CUDA");
}

#endif

}  // namespace

Result<std::unique_ptr<Device>> open_device(int index) {
  static const Result<const Backend*> backend = load();  // stays loaded
  if (!backend) return backend.error();
  return (*backend)->open(index);
}

}  // namespace limpid::kernels::cuda
