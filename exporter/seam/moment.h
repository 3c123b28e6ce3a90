#pragma once

#include "exporter/seam/deadline.h"

namespace exporter {

// A time on both clocks: the steady clock for ages, the wall clock for published times.
struct Moment {
  SteadyTime steady;
  double unix_seconds = 0;
  static Moment Now();
};

}  // namespace exporter
