#include "backend/cuda/cuda_segment.hpp"

#include "backend/cuda/check.hpp"
#include "backend/cuda/driver.hpp"

namespace rk::backend::cuda {

cuda_segment::cuda_segment(int device, std::uint64_t bytes) {
  const driver& api = driver_api();
  CUmemAllocationProp wanted{};
  wanted.type = CU_MEM_ALLOCATION_TYPE_PINNED;
  wanted.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
  wanted.location = {CU_MEM_LOCATION_TYPE_DEVICE, {device}};
  std::size_t granularity = 0;
  RK_CUDA_CHECK(api.granularity(&granularity, &wanted, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
  bytes_ = (bytes + granularity - 1) / granularity * granularity;

  CUmemAccessDesc access{};
  access.location = wanted.location;
  access.flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
  check(api.create(&handle_, bytes_, &wanted, 0), "cuMemCreate");
  try {
    check(api.reserve(&address_, bytes_, granularity, 0, 0), "cuMemAddressReserve");
    check(api.map(address_, bytes_, 0, handle_, 0), "cuMemMap");
    check(api.set_access(address_, bytes_, &access, 1), "cuMemSetAccess");
    int fd = -1;
    check(api.export_handle(&fd, handle_, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0),
          "cuMemExportToShareableHandle");
    shared_.reset(fd);
  } catch (...) {
    api.release(handle_);
    throw;
  }
}

cuda_segment::~cuda_segment() {
  const driver& api = driver_api();
  api.unmap(address_, bytes_);
  api.free_address(address_, bytes_);
  api.release(handle_);
}

}  // namespace rk::backend::cuda
