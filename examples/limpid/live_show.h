// SPDX-License-Identifier: MIT
// The conversation of `limpid live` with a person: meters, keys, and a sound card that comes and
// goes.
#pragma once

#include <functional>
#include <string>

#include "streaming/live_engine.h"

namespace limpid::cli {

// Runs a started engine until q, Ctrl-C or `finished`, and stops it. Draws on a terminal, else
// writes a line every few seconds. `title` is asked again when the sound card was lost and is back,
// perhaps as another. False when the sound card was lost and did not come back.
bool show_live(streaming::LiveEngine& engine, const std::function<std::string()>& title,
               const std::function<bool()>& finished);

}  // namespace limpid::cli
