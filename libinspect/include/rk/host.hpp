#pragma once

/// All that a program includes to launch inspectable kernels.
#include <rk/error.hpp>
#include <rk/host/backend.hpp>
#include <rk/host/checkpoint.hpp>
#include <rk/host/kernel.hpp>
#include <rk/host/portable_kernel.hpp>
#include <rk/host/session.hpp>
