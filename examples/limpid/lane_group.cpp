// SPDX-License-Identifier: MIT
#include "examples/limpid/lane_group.h"

#include <algorithm>
#include <utility>

#include "lib/kernels/elementwise.h"

namespace limpid::cli {

// The group touches a loan's members only while its thread waits in process().
class LaneGroup::Loan final : public Session {
 public:
  Loan(std::shared_ptr<LaneGroup> group, std::vector<int> lanes, int max_frames)
      : group_(std::move(group)),
        freed_(group_->freed_),
        lanes_(std::move(lanes)),
        voice_(lanes_.size()) {
    const auto frames = static_cast<std::size_t>(max_frames);
    for (auto& lane : voice_) lane.reserve(frames);
    found_.reserve(lanes_.size() * frames);
  }
  ~Loan() override {
    group_->leave(*this);
    group_.reset();
    freed_();
  }

  LIMPID_REALTIME_TRUSTED_BEGIN  // the threads of a program that cleans files may wait
  void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override {
    in_ = in;
    out_ = out;
    done_ = 0;
    frames_ = static_cast<int>(in.extent(1) / format().hop);
    for (auto& lane : voice_) lane.clear();
    if (frames_ > 0) group_->process(*this);
    found_.clear();
    for (const auto& lane : voice_) found_.insert(found_.end(), lane.begin(), lane.end());
  }
  LIMPID_REALTIME_TRUSTED_END

  void reset() LIMPID_REALTIME override {
    fresh_ = true;
    found_.clear();
  }
  bool restart(int) LIMPID_REALTIME override { return false; }

  const Error* failure() const noexcept override { return failure_; }
  std::span<const float> voice_activity() const noexcept override { return found_; }
  const StreamFormat& format() const noexcept override { return group_->session_->format(); }
  std::size_t memory() const noexcept override { return group_->memory_of_lane_ * lanes_.size(); }
  std::uint64_t repaired() const noexcept override { return repaired_; }

 private:
  friend class LaneGroup;

  std::shared_ptr<LaneGroup> group_;
  std::function<void()> freed_;
  std::vector<int> lanes_;  // of the group's session
  AudioView<const float> in_;
  AudioView<float> out_;
  int frames_ = 0, done_ = 0;              // of the present call
  bool fresh_ = true;                      // the lanes must begin anew
  std::vector<std::vector<float>> voice_;  // [lane][frame of the present call]
  std::vector<float> found_;               // the same in one piece
  std::uint64_t repaired_ = 0;
  const Error* failure_ = nullptr;
};

LaneGroup::LaneGroup(std::unique_ptr<Session> session, const ModelSpec& spec, int lanes,
                     int max_frames, std::function<void()> freed)
    : session_(std::move(session)),
      inputs_(spec.input_channels),
      outputs_(spec.output_channels),
      lanes_(lanes),
      max_frames_(max_frames),
      memory_of_lane_(session_->memory() / static_cast<std::size_t>(lanes)),
      in_({lanes * inputs_, std::ptrdiff_t{max_frames} * session_->format().hop}),
      out_({lanes * outputs_, in_.extent(1)}),
      freed_(std::move(freed)) {
  for (int lane = lanes; lane-- > 0;) free_.push_back(lane);
  loans_.reserve(free_.size());  // a call allocates nothing
  together_.reserve(free_.size());
}

int LaneGroup::free() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(free_.size());
}

bool LaneGroup::failed() const {
  const std::lock_guard lock(mutex_);
  return failed_;
}

std::unique_ptr<Session> LaneGroup::lend(int lanes, int max_frames) {
  const std::lock_guard lock(mutex_);
  std::vector<int> mine(free_.end() - lanes, free_.end());
  auto loan = std::make_unique<Loan>(shared_from_this(), std::move(mine), max_frames);
  loans_.push_back(loan.get());
  free_.resize(free_.size() - static_cast<std::size_t>(lanes));
  return loan;
}

void LaneGroup::leave(Loan& loan) {
  const std::lock_guard lock(mutex_);
  free_.insert(free_.end(), loan.lanes_.begin(), loan.lanes_.end());
  std::erase(loans_, &loan);
  changed_.notify_all();  // nobody need wait for it any more
}

void LaneGroup::process(Loan& loan) {
  std::unique_lock lock(mutex_);
  ++waiting_;
  while (loan.done_ < loan.frames_) {
    if (running_ || waiting_ < loans_.size()) {
      changed_.wait(lock);
      continue;
    }
    together_ = loans_;  // who joins meanwhile takes part in the next call
    running_ = true;
    lock.unlock();
    const int frames = call();
    lock.lock();
    running_ = false;
    failed_ = session_->failure() != nullptr;
    // Not before: whoever is done returns, and its loan may end.
    for (Loan* other : together_) {
      other->done_ += frames;
      waiting_ -= other->done_ == other->frames_;
    }
    changed_.notify_all();
  }
}

int LaneGroup::call() {
  const std::ptrdiff_t hop = session_->format().hop;
  int frames = max_frames_;
  for (const Loan* loan : together_) frames = std::min(frames, loan->frames_ - loan->done_);
  const auto samples = frames * hop;
  // Row `i` of a loan's audio, and that row in the session's.
  const auto row = [](const Loan& loan, int i, int channels) {
    return loan.lanes_[static_cast<std::size_t>(i / channels)] * channels + i % channels;
  };
  for (Loan* loan : together_) {
    if (std::exchange(loan->fresh_, false))
      for (const int lane : loan->lanes_) session_->restart(lane);
    for (int i = 0; i < loan->in_.extent(0); ++i)
      loan->repaired_ += kernels::repair(loan->in_[i].data() + loan->done_ * hop, samples,
                                         in_.view()[row(*loan, i, inputs_)].data());
  }
  session_->process(in_.view().slice(1, 0, samples), out_.view().slice(1, 0, samples));
  const auto voice = session_->voice_activity();
  for (Loan* loan : together_) {
    for (int i = 0; i < loan->out_.extent(0); ++i)
      std::copy_n(out_.view()[row(*loan, i, outputs_)].data(), samples,
                  loan->out_[i].data() + loan->done_ * hop);
    for (std::size_t i = 0; !voice.empty() && i < loan->lanes_.size(); ++i) {
      const float* found = voice.data() + std::ptrdiff_t{loan->lanes_[i]} * frames;
      loan->voice_[i].insert(loan->voice_[i].end(), found, found + frames);
    }
    loan->failure_ = session_->failure();
  }
  return frames;
}

}  // namespace limpid::cli
