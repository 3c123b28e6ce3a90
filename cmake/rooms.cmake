# Rooms: each folder of sources is a library. cmake/rooms says which others it may include.

# folder/of/sources -> room_folder_of_sources
function(room_target folder result)
  string(REPLACE "/" "_" name ${folder})
  set(${result} room_${name} PARENT_SCOPE)
endfunction()

# The table: rooms gets the folders in their order, rooms_of_FOLDER what stands on each line.
file(STRINGS ${CMAKE_SOURCE_DIR}/cmake/rooms lines REGEX "^[a-z]")
set(rooms)
foreach(line ${lines})
  separate_arguments(words UNIX_COMMAND "${line}")
  list(POP_FRONT words folder)
  list(APPEND rooms ${folder})
  set(rooms_of_${folder} ${words})
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/rooms)

# What most files include, compiled once. The presets dev and asan go without: clang-tidy finds a
# file that does not include what it uses, and what clang makes of it names the folder, so that
# another clone meets no cache.
file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cc "")
add_library(precompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
target_link_libraries(precompiled PUBLIC prometheus-cpp::core PkgConfig::FMT Threads::Threads)
target_precompile_headers(precompiled PRIVATE
  <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <set> <span>
  <stdexcept> <string> <string_view> <thread> <utility> <variant> <vector> <fmt/format.h>
  <prometheus/metric_family.h>)

# room(SOURCES FILE... [PUBLIC LIBRARY...] [PRIVATE LIBRARY...]): the library of the folder that
# calls it. A library is public if a header of the room includes its headers.
function(room)
  cmake_parse_arguments(PARSE_ARGV 0 room "" "" "SOURCES;PUBLIC;PRIVATE")
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  room_target(${folder} target)
  add_library(${target} STATIC ${room_SOURCES})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR})
  foreach(other ${rooms_of_${folder}})
    room_target(${other} other)
    target_link_libraries(${target} PUBLIC ${other})
  endforeach()
  target_link_libraries(${target}
    PUBLIC PkgConfig::FMT Threads::Threads ${room_PUBLIC} PRIVATE ${room_PRIVATE})
  target_precompile_headers(${target} REUSE_FROM precompiled)
endfunction()
