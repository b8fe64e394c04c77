# rk_target_kernels(target source.cu...): compiles each kernel source once for every back-end.
#
# The same file goes through the host compiler (CPU back-end) and, where the project has CUDA enabled,
# through nvcc. Which kernels a program has on which back-end is decided by RK_DEFINE_KERNEL in the source.
function(rk_target_kernels target)
  foreach(source IN LISTS ARGN)
    get_filename_component(absolute "${source}" ABSOLUTE)
    get_filename_component(stem "${source}" NAME_WE)
    set(wrapper "${CMAKE_CURRENT_BINARY_DIR}/${target}.${stem}.cpu.cpp")
    file(CONFIGURE OUTPUT "${wrapper}" CONTENT "#include \"${absolute}\"\n" @ONLY)
    target_sources(${target} PRIVATE "${wrapper}")
    # A kernel keeps its debug information: rk::session reads the types of marked variables from it.
    set_source_files_properties("${wrapper}" PROPERTIES COMPILE_OPTIONS "-g" OBJECT_DEPENDS "${absolute}")
    if(CMAKE_CUDA_COMPILER)
      enable_language(CUDA)
      target_sources(${target} PRIVATE "${absolute}")
      set_source_files_properties("${absolute}" PROPERTIES LANGUAGE CUDA COMPILE_OPTIONS "-Xcompiler=-g")
    endif()
  endforeach()
endfunction()
