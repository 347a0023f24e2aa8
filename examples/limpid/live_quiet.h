// SPDX-License-Identifier: MIT
// QuietStderr: what PortAudio's back ends say while they look for devices goes nowhere. They
// complain about every kind of sound card that is not there.
#pragma once

namespace limpid::cli {

class QuietStderr {
 public:
  QuietStderr();
  ~QuietStderr();
  QuietStderr(const QuietStderr&) = delete;
  QuietStderr& operator=(const QuietStderr&) = delete;

 private:
  int saved_ = -1;  // the descriptor of where standard error went before
};

}  // namespace limpid::cli
