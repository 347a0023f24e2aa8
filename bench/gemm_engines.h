// SPDX-License-Identifier: MIT
// The candidates for the library's matrix product behind one interface. Each gets its weights ahead
// of time, in whatever order it likes; what it must do to the activations counts.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "bench/gemm_shapes.h"

namespace limpid::bench {

class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;
  virtual void multiply(const float* a, float* c) = 0;  // c is dense [m][n]
};

struct Candidate {
  const char* name;
  std::unique_ptr<Engine> (*make)(const Shape& shape, std::span<const float> weights);  // [n][k]
};

// Registers a candidate of the file it stands in: which files there are is found at configure time.
struct Enter {
  explicit Enter(Candidate candidate);
};
const std::vector<Candidate>& candidates();

// A as a dense [m][k] matrix for those that need one: a view if it already is, else a copy.
class DenseInput {
 public:
  explicit DenseInput(const Shape& shape);
  const float* of(const float* a);

 private:
  Shape shape_;
  std::vector<float> buffer_;
};

}  // namespace limpid::bench
