// SPDX-License-Identifier: MIT
// Finds liblimpid_cuda. Part of limpid itself, with or without CUDA.
#include <string_view>

#include "lib/kernels/cuda/backend.h"

#ifdef LIMPID_WITH_CUDA
#include <dlfcn.h>

#include <filesystem>
#include <system_error>
#endif

namespace limpid::kernels::cuda {
namespace {

Error no_device(const std::string& why) {
  return {ErrorCode::device, "no CUDA device: " + why};
}

#ifdef LIMPID_WITH_CUDA

// Where the code of limpid lies: its shared library, or the program it is part of.
std::string own_folder() {
  Dl_info info;
  if (dladdr(reinterpret_cast<const void*>(&open_device), &info) == 0) return {};
  const std::string_view path = info.dli_fname;
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(path.substr(0, slash + 1));
}

// Beside limpid, in the library folder beside a program's, or wherever the system looks. `why`: of
// the first that is there and cannot be loaded, else of the system's own search.
void* load_library(std::string& why) {
  const std::string folder = own_folder();
  bool found = false;
  for (const std::string& path : {folder + LIMPID_CUDA_FILE, folder + LIMPID_CUDA_FROM_PROGRAM,
                                  std::string(LIMPID_CUDA_FILE)}) {
    if (void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    const char* reason = dlerror();
    if (reason != nullptr && !found) why = reason;
    std::error_code none;
    found = found || std::filesystem::exists(path, none);
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
