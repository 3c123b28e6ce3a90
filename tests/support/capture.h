#pragma once

#include <doctest/doctest.h>

// CAPTURE of a structured binding, which a lambda of Clang 14 cannot take.
#define CAPTURE_BOUND(name)           \
  const auto& captured_##name = name; \
  CAPTURE(captured_##name)
