// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <stdlib.h>

#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

// The first of the three that is set and not empty decides, as setlocale() has it.
TEST(Terminal, TheLocaleTellsItsEncoding) {
  const auto utf8 = [](const char* all, const char* type, const char* lang) {
    setenv("LC_ALL", all, 1), setenv("LC_CTYPE", type, 1), setenv("LANG", lang, 1);
    return terminal_is_utf8();
  };
  EXPECT_TRUE(utf8("", "", "de_DE.UTF-8"));
  EXPECT_TRUE(utf8("", "C.utf8", "C"));
  EXPECT_FALSE(utf8("C", "", "de_DE.UTF-8"));
  EXPECT_FALSE(utf8("", "", "de_DE"));
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) unsetenv(name);
  EXPECT_FALSE(terminal_is_utf8());
}

}  // namespace
}  // namespace limpid::cli
