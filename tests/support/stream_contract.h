// SPDX-License-Identifier: MIT
// What every causal model has to keep whatever its weights, each promise of lib/model/model.h one
// function, which fails the test that calls it. A test brings the model and sizes that are awkward
// for it. Sessions run at the model's own rate unless a function says otherwise. Programs that use
// it link limpid_realtime_guard too.
#pragma once

#include <memory>
#include <vector>

#include "lib/model/model.h"

namespace limpid::test {

// A failed test: nullptr.
std::unique_ptr<Session> open(const Model& model, SessionConfig config);

// At the model's own rate.
std::unique_ptr<Session> open(const Model& model, int lanes, int max_frames);

// Runs [lane * input channel][sample] audio in calls of 1..max_frames hops (seed 0: always the
// most) to [lane * output channel][sample]; `voice` collects what the session says about speech,
// lane 0.
Tensor<float, 2> run(const Model& model, Session& session, AudioView<const float> in,
                     int max_frames, unsigned seed, std::vector<float>* voice = nullptr);

// How much is heard, and the most that one call carries; frames.
struct Stretch {
  int frames, max_frames;
};

// Two lanes frame by frame, and in calls of up to max_frames: the same audio within 1e-5 of its
// peak, the same voice activity within 1e-5, one value a frame where the model tells it.
void expect_any_chunking_gives_the_same(const Model& model, Stretch stretch);

// Each of `lanes` streams together comes out as it does alone, within `tolerance` of its peak, or
// of a few times what moving the input by its last bit does where that is more; and to the bit,
// whatever the other streams are.
void expect_independent_lanes(const Model& model, int lanes, Stretch stretch, double tolerance);

// The same calls twice, with a reset between them: the same bits.
void expect_reset_is_a_fresh_start(const Model& model, Stretch stretch);

// One of three lanes begins anew after `frames` frames: it comes out as that lane of a fresh
// session does, and the others as if nothing had happened, to the bit; voice activity too.
void expect_restart_of_one_lane(const Model& model, Stretch stretch);

// Two lanes, output written over the input: the same bits.
void expect_in_place_equals_out_of_place(const Model& model, Stretch stretch);

// Two lanes, calls of `frames` and of one frame, reset() and restart(): none allocates, locks or
// waits.
void expect_realtime_process(const Model& model, int frames);

// Twenty frames of what no microphone should deliver, clean sound up to `frames`: what comes out is
// finite, in the end at the level of what comes in, and only what was not finite counts as
// repaired. From frame `forgotten` on the output is as if nothing had happened, within 1e-5 of its
// peak; 0 for networks that remember for ever.
void expect_recovery_from_hostile_input(const Model& model, int frames, int forgotten);

// A stream that begins spec().settle_hops late is like the older one from then on, within 1e-6 of
// its peak, voice activity too; one that has heard a quarter of that is not.
void expect_settled_streams_are_alike(const Model& model);

// The network hears the same bins at every rate, so a tone meets the same masks at 16 and 48 kHz:
// their levels differ by `tolerance` at most, relative.
void expect_a_tone_alike_at_every_rate(const Model& model, double tolerance);

}  // namespace limpid::test
