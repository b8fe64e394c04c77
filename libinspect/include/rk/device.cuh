#pragma once

/// All that a kernel's author includes.
#include <rk/device/actor.cuh>
#include <rk/device/atomic.cuh>
#include <rk/device/barrier.cuh>
#include <rk/device/checkpoint.cuh>
#include <rk/device/coherent.cuh>
#include <rk/device/command.cuh>
#include <rk/device/execution.cuh>
#include <rk/device/inbox.cuh>
#include <rk/device/mailbox.cuh>
#include <rk/device/marker.hpp>
#include <rk/device/neighbor_barrier.cuh>
#include <rk/device/preemption.cuh>
#include <rk/device/publication.cuh>
#include <rk/device/safe_point.cuh>
#include <rk/device/signal.cuh>
#include <rk/device/wait.cuh>
#include <rk/host/portable_kernel.hpp>
