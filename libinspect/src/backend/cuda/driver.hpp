#pragma once

#include <cuda.h>

namespace rk::backend::cuda {

/// The driver's functions that the runtime does not offer, fetched through the runtime when first
/// needed: nothing of ours links libcuda, so the same program starts on a machine without a driver.
struct driver {
  decltype(&cuGetErrorName) get_error_name = nullptr;
  decltype(&cuGetErrorString) get_error_string = nullptr;
  decltype(&cuMemGetAllocationGranularity) granularity = nullptr;
  decltype(&cuMemCreate) create = nullptr;
  decltype(&cuMemRelease) release = nullptr;
  decltype(&cuMemAddressReserve) reserve = nullptr;
  decltype(&cuMemAddressFree) free_address = nullptr;
  decltype(&cuMemMap) map = nullptr;
  decltype(&cuMemUnmap) unmap = nullptr;
  decltype(&cuMemSetAccess) set_access = nullptr;
  decltype(&cuMemExportToShareableHandle) export_handle = nullptr;
  decltype(&cuMemImportFromShareableHandle) import_handle = nullptr;
};

/// Throws `rk::cuda_error` if the driver is too old for one of them. Thread-safe.
[[nodiscard]] const driver& driver_api();

}  // namespace rk::backend::cuda
