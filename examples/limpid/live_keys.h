// SPDX-License-Identifier: MIT
// LiveKeys: single keys from the terminal without Enter. However the program ends, by a signal too,
// the terminal is as it was before.
#pragma once

#include <chrono>

namespace limpid::cli {

class LiveKeys {
 public:
  LiveKeys();  // one at a time; does nothing where standard input is no terminal
  ~LiveKeys();
  LiveKeys(const LiveKeys&) = delete;
  LiveKeys& operator=(const LiveKeys&) = delete;

  // The next key, or '\0' when none comes within `wait`. Returns early on a signal.
  char next(std::chrono::milliseconds wait);

 private:
  bool active_ = false;
};

}  // namespace limpid::cli
