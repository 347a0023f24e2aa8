// SPDX-License-Identifier: MIT
#include "streaming/portaudio_device.h"

#include <portaudio.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <utility>

#include "lib/base/no_memory.h"
#include "streaming/portaudio_host.h"

namespace limpid::streaming {
namespace {

// One stream of PortAudio: both directions, or one. Samples are interleaved over there.
class Stream {
 public:
  Stream(int inputs, int outputs, int block, AudioCallback& callback)
      : in_({inputs, block}), out_({outputs, block}), block_(block), callback_(callback) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  ~Stream() {
    stopping_ = true;
    if (stream_ == nullptr) return;
    Pa_AbortStream(stream_);
    Pa_CloseStream(stream_);
  }

  PaError open(const PaStreamParameters* in, const PaStreamParameters* out, int rate) {
    const PaError error = Pa_OpenStream(&stream_, in, out, rate, static_cast<unsigned long>(block_),
                                        paNoFlag, &Stream::call, this);
    return error == paNoError ? Pa_SetStreamFinishedCallback(stream_, &Stream::finished) : error;
  }

  PaError start() {
    latest_call_ = seconds();
    return Pa_StartStream(stream_);
  }

  // No callback for a second: whatever is behind this has ended.
  bool dead() const noexcept { return seconds() - latest_call_ > 1.0; }
  void ignore() noexcept { stopping_ = true; }  // callbacks, should any come

 private:
  static int call(const void* in, void* out, unsigned long count, const PaStreamCallbackTimeInfo*,
                  PaStreamCallbackFlags flags, void* self) {
    auto& stream = *static_cast<Stream*>(self);
    auto* to = static_cast<float*>(out);
    const auto samples = static_cast<std::ptrdiff_t>(count);
    if (stream.stopping_) {  // PortAudio wants its buffer filled even now
      if (to != nullptr) std::fill_n(to, samples * stream.out_.extent(0), 0.0f);
      return paAbort;
    }
    if (flags != 0 && flags != paPrimingOutput) stream.callback_.on_xrun();
    stream.latest_call_ = seconds();
    stream.exchange(static_cast<const float*>(in), to, samples, stream.latest_call_);
    return paContinue;
  }

  static double seconds() noexcept {
    const std::chrono::duration<double> now = std::chrono::steady_clock::now().time_since_epoch();
    return now.count();
  }

  // Called when callbacks have ended for whatever reason; unasked, the device is gone.
  static void finished(void* self) {
    auto& stream = *static_cast<Stream*>(self);
    if (!stream.stopping_) stream.callback_.on_lost();
  }

  void exchange(const float* in, float* out, std::ptrdiff_t count, double now) LIMPID_REALTIME {
    const auto inputs = in_.extent(0), outputs = out_.extent(0);
    for (std::ptrdiff_t part; count > 0; count -= part) {
      part = std::min<std::ptrdiff_t>(count, block_);
      if (inputs > 0) {
        auto block = in_.view().slice(1, 0, part);
        for (std::ptrdiff_t row = 0; row < inputs; ++row)
          for (std::ptrdiff_t t = 0; t < part; ++t)
            block[row][t] = in == nullptr ? 0.0f : in[t * inputs + row];
        callback_.on_capture(block, now);
        if (in != nullptr) in += part * inputs;
      }
      if (outputs > 0) {
        auto block = out_.view().slice(1, 0, part);
        callback_.on_playback(block, now);
        for (std::ptrdiff_t row = 0; row < outputs; ++row)
          for (std::ptrdiff_t t = 0; t < part; ++t) out[t * outputs + row] = block[row][t];
        out += part * outputs;
      }
    }
  }

  Tensor<float, 2> in_, out_;
  int block_;
  AudioCallback& callback_;
  PaStream* stream_ = nullptr;
  std::atomic<bool> stopping_ = false;
  std::atomic<double> latest_call_ = 0.0;
};

PaStreamParameters parameters(const DeviceInfo& device, int channels, Direction direction) {
  const PaDeviceInfo* info = Pa_GetDeviceInfo(device.index);
  return {.device = device.index,
          .channelCount = channels,
          .sampleFormat = paFloat32,
          .suggestedLatency = direction == Direction::input ? info->defaultLowInputLatency
                                                            : info->defaultLowOutputLatency,
          .hostApiSpecificStreamInfo = nullptr};
}

std::string reason(PaError error) {
  if (error != paUnanticipatedHostError) return Pa_GetErrorText(error);
  return std::string(Pa_GetErrorText(error)) + " " + Pa_GetLastHostErrorInfo()->errorText;
}

class PortAudioDevice final : public AudioDevice {
 public:
  explicit PortAudioDevice(const DeviceConfig& config) : config_(config) {}
  ~PortAudioDevice() override { close(); }

  const DeviceFormat& format() const noexcept override { return format_; }
  std::string describe() const override { return describe(input_, output_, format_.sample_rate); }

  Status find();
  Status prepare() override;
  Status start(AudioCallback& callback) override;
  void stop() override { close(); }

 private:
  static std::string describe(const DeviceInfo& in, const DeviceInfo& out, int rate) {
    return "\"" + in.name + "\" -> \"" + out.name + "\" at " + std::to_string(rate) + " Hz";
  }
  Status supported(const DeviceInfo& device, const PaStreamParameters& wanted,
                   Direction direction) const;
  Status fail(PaError error) const {
    return Error{ErrorCode::device, "cannot open " + describe() + ": " + reason(error)};
  }
  void close();
  bool uses_jack() const {
    return Pa_GetHostApiInfo(Pa_GetDeviceInfo(input_.index)->hostApi)->type == paJACK;
  }

  DeviceConfig config_;
  DeviceFormat format_;
  DeviceInfo input_, output_;
  std::unique_ptr<PortAudioHost> host_;
  std::unique_ptr<Stream> capture_, playback_;  // with one clock capture_ does both
  bool abandoned_ = false;
};

// PortAudio waits ten minutes for a JACK server that has ended before it closes a stream. What it
// holds is better left lying.
void PortAudioDevice::close() {
  abandoned_ = abandoned_ || (capture_ && capture_->dead() && uses_jack());
  for (auto* stream : {&capture_, &playback_}) {
    if (abandoned_ && *stream)
      stream->release()->ignore();
    else
      stream->reset();
  }
  if (abandoned_) static_cast<void>(host_.release());
  host_.reset();
}

Status PortAudioDevice::supported(const DeviceInfo& device, const PaStreamParameters& wanted,
                                  Direction direction) const {
  const bool input = direction == Direction::input;
  const PaError error = Pa_IsFormatSupported(input ? &wanted : nullptr, input ? nullptr : &wanted,
                                             format_.sample_rate);
  if (error == paFormatIsSupported) return Done{};
  const std::string kind = input ? "input" : "output";
  std::string message = kind + " device \"" + device.name + "\" cannot do " +
                        std::to_string(wanted.channelCount) + " channels at " +
                        std::to_string(format_.sample_rate) + " Hz: " + reason(error);
  if (error == paInvalidSampleRate)
    message += "; its own rate is " + std::to_string(std::lround(device.sample_rate)) + " Hz";
  return Error{ErrorCode::unsupported, message};
}

Status PortAudioDevice::find() {
  auto host = PortAudioHost::open();
  if (!host) return host.error();
  const auto devices = (*host)->devices();
  auto input = find_device(devices, Direction::input, config_.input);
  if (!input) return input.error();
  auto output = find_device(devices, Direction::output, config_.output);
  if (!output) return output.error();
  input_ = *input;
  output_ = *output;
  const int rate = config_.sample_rate > 0 ? config_.sample_rate
                                           : static_cast<int>(std::lround(input_.sample_rate));
  format_ = {.sample_rate = rate,
             .block = config_.block > 0 ? config_.block : std::max(rate / 200, 1),
             .inputs = config_.inputs,
             .outputs = std::min(output_.outputs, 2),
             .one_clock = input_.index == output_.index};
  for (const auto& status :
       {supported(input_, parameters(input_, format_.inputs, Direction::input), Direction::input),
        supported(output_, parameters(output_, format_.outputs, Direction::output),
                  Direction::output)})
    if (!status) return status;
  host_ = *std::move(host);
  return Done{};
}

Status PortAudioDevice::prepare() {
  if (abandoned_)
    return Error{ErrorCode::unsupported,
                 "the JACK server has ended; a new one can only be used by a new process"};
  return host_ ? Status(Done{}) : find();
}

Status PortAudioDevice::start(AudioCallback& callback) {
  if (capture_) return Error{ErrorCode::device, "the sound card is running already"};
  if (!host_) return Error{ErrorCode::device, "the sound card was not prepared"};
  const auto in = parameters(input_, format_.inputs, Direction::input);
  const auto out = parameters(output_, format_.outputs, Direction::output);
  const bool one = format_.one_clock;
  capture_ =
      std::make_unique<Stream>(format_.inputs, one ? format_.outputs : 0, format_.block, callback);
  PaError error = capture_->open(&in, one ? &out : nullptr, format_.sample_rate);
  if (error == paNoError && !one) {
    playback_ = std::make_unique<Stream>(0, format_.outputs, format_.block, callback);
    error = playback_->open(nullptr, &out, format_.sample_rate);
  }
  if (error == paNoError) error = capture_->start();
  if (error == paNoError && playback_) error = playback_->start();
  if (error == paNoError) return Done{};
  Status status = fail(error);
  close();
  return status;
}

}  // namespace

Result<std::unique_ptr<AudioDevice>> open_portaudio(const DeviceConfig& config) {
  return unless_out_of_memory([&]() -> Result<std::unique_ptr<AudioDevice>> {
    if (config.block < 0 || config.inputs < 1 || config.sample_rate < 0)
      return Error{ErrorCode::invalid_argument,
                   "sound card: block and sample rate must not be negative, channels at least 1"};
    auto device = std::make_unique<PortAudioDevice>(config);
    if (auto status = device->find(); !status) return status.error();
    return std::unique_ptr<AudioDevice>(std::move(device));
  });
}

}  // namespace limpid::streaming
