// SPDX-License-Identifier: MIT
// Which channels of a recording or a sound card a model hears, and in which order: what --channels
// and --reference-mic say.
#pragma once

#include <string>
#include <vector>

#include "lib/model/model.h"

namespace CLI {
class App;
}

namespace limpid::cli {

// People count from 1.
struct ChannelChoice {
  std::string list;   // "1-4", "2,1,3"; "": all there are, or the first ones a model needs (live)
  int reference = 0;  // the channel whose speech comes out; 0: the first one
};

// Counted from 0 and in the order of the model's microphones; each at most once. The reference
// comes first and the others follow in their order, round the end: on a circle of microphones that
// keeps the geometry. invalid_argument: no such list, a channel twice, or a reference that is not
// among them; unsupported: channels that are not there (`available`), or another number than the
// model has microphones. A model of one microphone takes any number, each on its own, and no
// reference.
Result<std::vector<int>> choose_channels(const ModelSpec& model, const ChannelChoice& choice,
                                         int available);

// The same where a sound card is still to be opened with as many channels as it takes: all that the
// list names, or as many as the model has microphones.
Result<std::vector<int>> choose_channels(const ModelSpec& model, const ChannelChoice& choice);

// --channels and --reference-mic.
void add_channel_options(CLI::App& command, ChannelChoice& choice);

}  // namespace limpid::cli
