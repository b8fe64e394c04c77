# One warnings target for all our code, and the few helpers the folders share.
add_library(rk_warnings INTERFACE)
set(_rk_warnings -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
                 -Woverloaded-virtual -Wold-style-cast -Wcast-qual -Wformat=2 -Wundef)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND _rk_warnings -Wduplicated-cond -Wlogical-op)
endif()
if(RK_WARNINGS_AS_ERRORS)
  list(APPEND _rk_warnings -Werror)
endif()
target_compile_options(rk_warnings INTERFACE $<$<COMPILE_LANGUAGE:CXX>:${_rk_warnings}>)
# nvcc: its generated host code trips the pedantic flags, so the host side of a .cu gets the plain ones.
set(_rk_cuda_warnings -Wall,-Wextra)
if(RK_WARNINGS_AS_ERRORS)
  set(_rk_cuda_werror --Werror=all-warnings)
  string(APPEND _rk_cuda_warnings ",-Werror")
endif()
target_compile_options(
  rk_warnings INTERFACE
  "$<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=${_rk_cuda_warnings};${_rk_cuda_werror};--expt-relaxed-constexpr;-lineinfo>")

# rk_add_library(name SOURCES... ): a static library with our warnings and our public headers.
function(rk_add_library name)
  add_library(${name} STATIC ${ARGN})
  add_library(rk::${name} ALIAS ${name})
  target_include_directories(
    ${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
                   $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:rk_warnings>)
endfunction()

# Command lines and tests: their templates take far longer to optimise than to compile, and run once.
# Release builds optimise everything.
add_library(rk_plumbing INTERFACE)
target_compile_options(rk_plumbing INTERFACE $<$<AND:$<CONFIG:RelWithDebInfo>,$<COMPILE_LANGUAGE:CXX>>:-O0>)

# rk_add_executable(name SOURCES...): a program with our warnings, its own folder on the include path.
function(rk_add_executable name)
  add_executable(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE rk_warnings)
endfunction()
