#pragma once

#include "exporter/seam/deadline.h"

namespace exporter {

// A moment on both clocks: the steady one for ages, the wall one for what is shown.
struct Moment {
  SteadyTime steady;
  double unix_seconds = 0;
  static Moment Now();
};

}  // namespace exporter
