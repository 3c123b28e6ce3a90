# cmake --install.
#
# The binary without its debugging data, which is six times as large and goes to a
# file that gdb finds beside it.
include(GNUInstallDirs)
install(CODE "
  set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
  file(MAKE_DIRECTORY \"\${folder}/.debug\")
  execute_process(COMMAND ${CMAKE_OBJCOPY} --only-keep-debug $<TARGET_FILE:exporter> exporter.debug
                  WORKING_DIRECTORY \"\${folder}/.debug\" COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND ${CMAKE_OBJCOPY} --strip-unneeded --add-gnu-debuglink=.debug/exporter.debug
                          $<TARGET_FILE:exporter> exporter
                  WORKING_DIRECTORY \"\${folder}\" COMMAND_ERROR_IS_FATAL ANY)
  message(STATUS \"Installing: \${folder}/exporter\")")
install(DIRECTORY configs/examples DESTINATION ${CMAKE_INSTALL_DATADIR}/sidecar-exporter)
install(FILES configs/schema.json DESTINATION ${CMAKE_INSTALL_DATADIR}/sidecar-exporter)
