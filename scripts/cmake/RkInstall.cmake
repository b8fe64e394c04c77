# Install rules, and the package that find_package(rk_inspect) finds.
include(CMakePackageConfigHelpers)
if(RK_FUZZ)
  return()
endif()

set(_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/rk_inspect")
install(TARGETS rk_model rk_protocol rk_storage rk_inspect_lib EXPORT rk_inspect_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT rk_inspect_targets NAMESPACE rk:: DESTINATION ${_package_dir})
install(DIRECTORY libinspect/include/rk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} PATTERN "*.in" EXCLUDE)
install(FILES "${PROJECT_BINARY_DIR}/libinspect/include/rk/version.hpp" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rk)
install(TARGETS rk-inspect rk-agent rk-wave rk-torture RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

configure_package_config_file(scripts/cmake/rk_inspect-config.cmake.in "${PROJECT_BINARY_DIR}/rk_inspect-config.cmake"
                              INSTALL_DESTINATION ${_package_dir})
write_basic_package_version_file("${PROJECT_BINARY_DIR}/rk_inspect-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/rk_inspect-config.cmake" "${PROJECT_BINARY_DIR}/rk_inspect-config-version.cmake"
              scripts/cmake/RkKernels.cmake
        DESTINATION ${_package_dir})

install(DIRECTORY exporters/schema DESTINATION ${CMAKE_INSTALL_DATADIR}/rk-inspect FILES_MATCHING PATTERN "*.schema.json")
configure_file(agent/rk-agent.service "${PROJECT_BINARY_DIR}/rk-agent.service" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/rk-agent.service" DESTINATION lib/systemd/user)
install(FILES cli/rk-inspect.bash DESTINATION share/bash-completion/completions RENAME rk-inspect)
