# Run by CPack before it packs. Who built packages with a umask like 077 would give others folders that only root can enter.
file(CHMOD_RECURSE ${CPACK_TEMPORARY_INSTALL_DIRECTORY} DIRECTORY_PERMISSIONS
     OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
# Debian wants manual pages and changelogs compressed.
file(GLOB_RECURSE texts ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/changelog ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/CHANGELOG.md
     ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/limpid.1)
foreach(text IN LISTS texts)
  execute_process(COMMAND gzip -9nf ${text} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
