// SPDX-License-Identifier: MIT
// LaneGroup: one session whose lanes are lent out, each loan a session of its own, so that streams
// that know nothing of each other go through a GPU together.
//
// The big session moves on when everybody who has lanes waits in process(): the last one to come
// makes the call, for all of them. A loan ends without disturbing the others, and its lanes begin
// anew for the next.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "lib/model/model.h"

namespace limpid::cli {

class LaneGroup : public std::enable_shared_from_this<LaneGroup> {
 public:
  // `session` must be able to restart(). All lanes are free. `freed` is told, on any thread, when
  // a loan has ended and holds the group no more.
  LaneGroup(std::unique_ptr<Session> session, const ModelSpec& spec, int lanes, int max_frames,
            std::function<void()> freed);

  int lanes() const noexcept { return lanes_; }
  int free() const;     // lanes, at this moment
  bool failed() const;  // the session, in a call

  // A session of so many lanes, at most free(), for calls of up to max_frames, which may be more
  // than the group makes at once. It keeps the group alive.
  std::unique_ptr<Session> lend(int lanes, int max_frames);

 private:
  class Loan;

  void process(Loan& loan);  // returns when its audio has gone through
  void leave(Loan& loan);
  int call();  // for those who are together_: as many frames as everybody has, which it returns

  std::unique_ptr<Session> session_;
  int inputs_, outputs_, lanes_, max_frames_;
  std::size_t memory_of_lane_;
  Tensor<float, 2> in_, out_;  // [lane of the session * channel][samples of the longest call]
  std::function<void()> freed_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> free_;
  std::vector<Loan*> loans_, together_;  // all, and those of the present call
  std::size_t waiting_ = 0;              // loans in process()
  bool running_ = false;                 // a call, by one of those
  bool failed_ = false;
};

}  // namespace limpid::cli
