// SPDX-License-Identifier: MIT
// The subcommands of `limpid`. Each adds itself to the app; the one that was chosen leaves its exit
// code in `status`.
#pragma once

namespace CLI {
class App;
}

namespace limpid::cli {

// What the shell sees.
enum Exit : int {
  kOk = 0,
  kFailed = 1,        // some files failed; the others are done
  kUsage = 2,         // nothing was started: arguments, model, or outputs that collide
  kInterrupted = 130  // Ctrl-C; what is there is whole
};

void add_enhance(CLI::App& app, int& status);
void add_convolve(CLI::App& app, int& status);
void add_pipe(CLI::App& app, int& status);
void add_live(CLI::App& app, int& status);
void add_models(CLI::App& app, int& status);
void add_inspect(CLI::App& app, int& status);
void add_bench(CLI::App& app, int& status);
void add_attention(CLI::App& app, int& status);

}  // namespace limpid::cli
