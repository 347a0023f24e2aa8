// SPDX-License-Identifier: MIT
// main() gets what the code page of the system can hold; the command line itself is UTF-16.
#include <windows.h>  // before what is made of it

#include <shellapi.h>

#include <filesystem>
#include <memory>

#include "examples/limpid/arguments.h"

namespace limpid::cli {

std::vector<std::string> utf8_arguments(int argc, char** argv) {
  struct Free {
    void operator()(wchar_t** list) const noexcept { LocalFree(list); }
  };
  int count = 0;
  const std::unique_ptr<wchar_t*, Free> wide(CommandLineToArgvW(GetCommandLineW(), &count));
  if (wide == nullptr) return {argv, argv + argc};
  std::vector<std::string> arguments;
  for (int i = 0; i < count; ++i)
    arguments.push_back(std::filesystem::path(wide.get()[i]).string());
  return arguments;
}

}  // namespace limpid::cli
