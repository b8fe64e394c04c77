#pragma once

#include <rk/host/portable_kernel.hpp>

inline constinit rk::portable_kernel<float*> heat{"heat"};
