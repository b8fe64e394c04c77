#include "backend/cuda/driver.hpp"

#include <string>

#include <cuda_runtime_api.h>

#include <rk/error.hpp>

namespace rk::backend::cuda {
namespace {

/// Version of CUDA whose signatures the header above was compiled with.
constexpr unsigned entry_point_version = 12000;

template <class Function>
void fetch(const char* name, Function& into) {
  void* address = nullptr;
  cudaDriverEntryPointQueryResult found = cudaDriverEntryPointSymbolNotFound;
  const cudaError_t result = cudaGetDriverEntryPointByVersion(name, &address, entry_point_version,
                                                              cudaEnableDefault, &found);
  if (result != cudaSuccess || found != cudaDriverEntryPointSuccess || address == nullptr) {
    throw cuda_error(
        std::string("the NVIDIA driver has no ") + name +
        ": update it to one for CUDA 12 or later, or use the CPU back-end (RK_BACKEND=cpu)");
  }
  into = reinterpret_cast<Function>(address);
}

driver load() {
  driver d;
  fetch("cuGetErrorName", d.get_error_name);
  fetch("cuGetErrorString", d.get_error_string);
  fetch("cuMemGetAllocationGranularity", d.granularity);
  fetch("cuMemCreate", d.create);
  fetch("cuMemRelease", d.release);
  fetch("cuMemAddressReserve", d.reserve);
  fetch("cuMemAddressFree", d.free_address);
  fetch("cuMemMap", d.map);
  fetch("cuMemUnmap", d.unmap);
  fetch("cuMemSetAccess", d.set_access);
  fetch("cuMemExportToShareableHandle", d.export_handle);
  fetch("cuMemImportFromShareableHandle", d.import_handle);
  return d;
}

}  // namespace

const driver& driver_api() {
  static const driver loaded = load();
  return loaded;
}

}  // namespace rk::backend::cuda
