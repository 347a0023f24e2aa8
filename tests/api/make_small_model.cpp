// SPDX-License-Identifier: MIT
// Writes a small model with random weights to the file it is told.
#include <fstream>

#include "tests/support/random_frcrn.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const limpid::test::FrcrnRecipe recipe;
  const auto bytes =
      limpid::test::frcrn_weights(recipe).bytes(limpid::test::frcrn_metadata(recipe));
  std::ofstream file(argv[1], std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
  return file.flush() ? 0 : 1;
}
