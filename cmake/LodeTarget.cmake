# lode_library(NAME base SOURCES a.cpp ... LINKS lode_env ... PRIVATE_LINKS simdjson ...)
# One static library per folder. LINKS are the folders (and libraries) that its headers use; PRIVATE_LINKS are those that
# only its .cpp files use. Includes are written from the repository's root of code: "base/status.h".
include_guard()

add_library(lode_options INTERFACE)
target_compile_options(lode_options INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(lode_options INTERFACE -Wshadow=local)
  if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(lode_options INTERFACE -Wno-restrict)  # false alarms about std::string, GCC bug 105651
  endif()
endif()
if(LODE_WERROR)
  target_compile_options(lode_options INTERFACE -Werror)
endif()
if(LODE_SANITIZE)
  target_compile_options(lode_options INTERFACE -fsanitize=${LODE_SANITIZE} -fno-omit-frame-pointer
                         -fno-sanitize-recover=undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The instrumented code of <regex> and the like makes g++ 12 see uninitialised values where there are none.
    target_compile_options(lode_options INTERFACE -Wno-maybe-uninitialized)
  endif()
  target_link_options(lode_options INTERFACE -fsanitize=${LODE_SANITIZE})
endif()

function(lode_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(lode_${ARG_NAME} STATIC ${ARG_SOURCES})
  target_include_directories(lode_${ARG_NAME} PUBLIC ${PROJECT_SOURCE_DIR}/engine)
  target_link_libraries(lode_${ARG_NAME} PUBLIC ${ARG_LINKS} PRIVATE lode_options ${ARG_PRIVATE_LINKS})
endfunction()
