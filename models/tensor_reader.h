// SPDX-License-Identifier: MIT
// How the layers of a network are read from a file, and the two that every network has, in the
// order in which gemm reads them.
#pragma once

#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/base/no_memory.h"
#include "lib/io/weights.h"
#include "lib/kernels/gemm.h"

namespace limpid::models {

// Finds tensors, so that loaders read like a list. The first thing that is wrong ends the list: it
// is thrown, to read_tensors(), before anything was made that the file does not hold.
class TensorReader {
 public:
  explicit TensorReader(io::Weights& weights) : weights_(weights) {}
  std::vector<float> take(const std::string& name, std::initializer_list<std::int64_t> shape);
  // What was found in another way.
  template <class T>
  static T taken(Result<T> result) {
    if (!result) throw Problem{result.error()};
    return *std::move(result);
  }
  struct Problem {
    Error error;
  };

 private:
  io::Weights& weights_;
};

// read(reader), where that is all the file has. not_found, bad_format, out_of_memory.
template <class Read>
auto read_tensors(io::Weights& weights, Read read)
    -> Result<std::invoke_result_t<Read, TensorReader&>> {
  try {
    return unless_out_of_memory([&]() -> Result<std::invoke_result_t<Read, TensorReader&>> {
      TensorReader reader(weights);
      auto network = read(reader);
      if (auto done = weights.all_used(); !done) return done.error();
      return network;
    });
  } catch (const TensorReader::Problem& problem) {
    return problem.error;
  }
}

struct Linear {
  kernels::PackedMatrix weights;
  std::vector<float> bias;  // may be empty
};

struct Norm {  // per channel; empty: there is none
  std::vector<float> gain, offset;
};

// <name>.weight [out, in] and, with `bias`, <name>.bias [out].
Linear load_linear(TensorReader& reader, const std::string& name, int out, int in, bool bias);

// <name>.weight and <name>.bias, both [channels].
Norm load_norm(TensorReader& reader, const std::string& name, int channels);

}  // namespace limpid::models
