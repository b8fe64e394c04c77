#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <rk/error.hpp>
#include <rk/protocol/socket.hpp>
#include <rk/version.hpp>

#include "command.hpp"
#include "render/table.hpp"
#include "target.hpp"

namespace rk::cli {
namespace {

enum class verdict { good, note, bad };

std::string_view to_string(verdict v) {
  switch (v) {
    case verdict::good:
      return "ok";
    case verdict::note:
      return "note";
    case verdict::bad:
      return "bad";
  }
  return "unknown";
}

/// One thing that was looked at, and what follows from it.
struct finding {
  std::string what;
  verdict result = verdict::good;
  std::string text;
};

finding check_runtime_directory() {
  try {
    const auto path = protocol::runtime_directory();
    const auto sessions = protocol::list_sessions(path);
    return {"runtime folder", verdict::good,
            path.string() + ", " + std::to_string(sessions.size()) + " live sessions"};
  } catch (const std::exception& e) {
    return {"runtime folder", verdict::bad, e.what()};
  }
}

finding check_socket() {
  try {
    const auto path = protocol::runtime_directory() / (".doctor-" + std::to_string(::getpid()));
    const auto listener = protocol::listen_unix(path);
    const auto client = protocol::connect_unix(path, protocol::after(std::chrono::seconds(1)));
    ::unlink(path.c_str());
    return {"sockets", verdict::good, "tools reach sessions through the runtime folder"};
  } catch (const std::exception& e) {
    return {"sockets", verdict::bad, e.what()};
  }
}

finding check_memfd() {
  const protocol::file_descriptor file(
      ::memfd_create("rk-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (file) return {"memfd", verdict::good, "segments outlive their process"};
  return {"memfd", verdict::bad, "memfd_create fails: sessions cannot be made here"};
}

finding check_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const bool enough = limit.rlim_cur >= 256;
  return {"open files", enough ? verdict::good : verdict::note,
          "at most " + std::to_string(limit.rlim_cur) +
              (enough ? "" : ": raise it with ulimit -n 1024, each segment takes one")};
}

/// The driver as it is found at run time: nothing of ours links it.
class driver_library {
 public:
  driver_library() : handle_(::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL)) {}
  ~driver_library() {
    if (handle_ != nullptr) ::dlclose(handle_);
  }
  driver_library(const driver_library&) = delete;
  driver_library& operator=(const driver_library&) = delete;

  [[nodiscard]] bool found() const noexcept { return handle_ != nullptr; }
  template <class... Args>
  int call(const char* name, Args... args) const {
    using function = int (*)(Args...);
    const auto f = reinterpret_cast<function>(::dlsym(handle_, name));
    return f == nullptr ? -1 : f(args...);
  }

 private:
  void* handle_;
};

std::vector<finding> check_driver() {
  const driver_library driver;
  if (!driver.found()) {
    return {{"NVIDIA driver", verdict::note, "none: kernels run on the CPU back-end"}};
  }
  int version = 0;
  int count = 0;
  driver.call("cuDriverGetVersion", &version);
  if (driver.call("cuInit", 0U) != 0 || driver.call("cuDeviceGetCount", &count) != 0 ||
      count == 0) {
    return {
        {"NVIDIA driver", verdict::note,
         "there, but it shows no GPU (CUDA_VISIBLE_DEVICES?): kernels run on the CPU back-end"}};
  }
  const std::string text = "CUDA " + std::to_string(version / 1000) + "." +
                           std::to_string(version % 1000 / 10) + ", " + std::to_string(count) +
                           (count == 1 ? " GPU" : " GPUs");
  const bool new_enough = version >= 12000;
  std::vector<finding> all = {{"NVIDIA driver", new_enough ? verdict::good : verdict::bad,
                               text + (new_enough ? "" : ": 12.0 or later is needed")}};
  for (int i = 0; i < count; ++i) {
    std::array<char, 128> name{};
    int device = 0;
    int exportable = 0;
    constexpr int posix_descriptors_supported =
        103;  // CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED
    driver.call("cuDeviceGet", &device, i);
    driver.call("cuDeviceGetName", name.data(), static_cast<int>(name.size()), device);
    driver.call("cuDeviceGetAttribute", &exportable, posix_descriptors_supported, device);
    all.push_back({"GPU " + std::to_string(i), exportable != 0 ? verdict::good : verdict::bad,
                   std::string(name.data()) +
                       (exportable != 0 ? ": memory can be handed to other processes"
                                        : ": memory cannot be handed to other processes")});
  }
  return all;
}

finding check_module_loading() {
  const char* mode = std::getenv("CUDA_MODULE_LOADING");
  if (mode != nullptr && std::string(mode) == "EAGER")
    return {"module loading", verdict::good, "EAGER"};
  return {"module loading", verdict::note,
          "lazy: a kernel that is first used beside a persistent one may wait for ever; rk loads "
          "the kernels it "
          "launches, for your others set CUDA_MODULE_LOADING=EAGER"};
}

exporters::json to_document(const std::vector<finding>& findings) {
  exporters::json j = {{"schema", "rk-inspect/doctor/1"},
                       {"rk_version", version},
                       {"findings", exporters::json::array()}};
  for (const auto& f : findings)
    j["findings"].push_back({{"what", f.what}, {"result", to_string(f.result)}, {"text", f.text}});
  return j;
}

int run(bool as_json) {
  std::vector<finding> findings = {check_runtime_directory(), check_socket(), check_memfd(),
                                   check_descriptors()};
  for (auto& f : check_driver()) findings.push_back(std::move(f));
  findings.push_back(check_module_loading());
  bool all_good = true;
  for (const auto& f : findings) all_good = all_good && f.result != verdict::bad;
  if (as_json) {
    std::puts(exporters::to_text(to_document(findings)).c_str());
    return all_good ? good : failed;
  }
  std::printf("rk-inspect %s\n", version);
  for (const auto& f : findings) {
    std::printf("  %-4s  %-15s %s\n", std::string(to_string(f.result)).c_str(), f.what.c_str(),
                f.text.c_str());
  }
  return all_good ? good : failed;
}

}  // namespace

void add_doctor(CLI::App& app, program& p) {
  auto* command = app.add_subcommand("doctor", "Say what will not work on this machine, and why");
  auto as_json = std::make_shared<bool>(false);
  command->add_flag("--json", *as_json, "Print a JSON document");
  command->callback([&p, as_json] { p.run = [as_json] { return run(*as_json); }; });
}

}  // namespace rk::cli
