# Every outside library, named once, with the reason it is here. Debian's package in brackets.
find_package(Threads REQUIRED)

# Catalogue, messages and every --json document [nlohmann-json3-dev].
find_package(nlohmann_json 3.11 REQUIRED)

# Checksums of checkpoints [libisal-dev].
find_package(PkgConfig REQUIRED)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)

if(NOT RK_FUZZ)
  # Fibers of the CPU back-end: one OS thread a block, its threads as fibers [libboost-context-dev].
  find_package(Boost 1.74 REQUIRED COMPONENTS context)

  # ELF sections, symbol tables and debug information of marked variables [libdw-dev].
  pkg_check_modules(LIBDW REQUIRED IMPORTED_TARGET libdw libelf)

  # Command lines of rk-inspect, rk-agent and the sample kernels [libcli11-dev].
  find_package(CLI11 2.1 REQUIRED)

  # Metric families and the text format; only the core: its HTTP server is not used [prometheus-cpp-dev].
  find_package(prometheus-cpp CONFIG REQUIRED)

  # HTTP server of the agent [libcpp-httplib-dev, libssl-dev, libbrotli-dev, zlib1g-dev]. Through pkg-config,
  # which knows the macros that the library was compiled with: its classes have another layout without.
  pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)

  # Terminal of `top` [libncurses-dev].
  set(CURSES_NEED_NCURSES ON)
  set(CURSES_NEED_WIDE ON)
  find_package(Curses REQUIRED)

  # Conditions: `watch --until` [libmuparser-dev].
  find_package(muparser REQUIRED)

  # PNG pictures of `plot -o` [libstb-dev].
  find_path(STB_INCLUDE_DIR stb/stb_image_write.h REQUIRED)
endif()

if(RK_HAS_CUDA)
  # The runtime, linked statically; it opens the driver when it is first called.
  find_package(CUDAToolkit 13 REQUIRED)
endif()

if(RK_TESTS AND NOT RK_FUZZ)
  # Unit and integration tests [libgtest-dev, libgmock-dev].
  find_package(GTest QUIET)
  if(NOT GTest_FOUND)
    message(STATUS "rk-inspect: no tests, GoogleTest is not installed (scripts/install-dependencies test)")
    set(RK_TESTS OFF)
  endif()
endif()
