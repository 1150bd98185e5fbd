# SPDX-License-Identifier: MIT
# package.cmake - the package for Debian and its kind: -DCHATMEM_PACKAGE=ON,
# and then cpack in the build directory.  Data outlives it, a purge too.
set(DEPLOY ${PROJECT_SOURCE_DIR}/server/deploy)
install(FILES ${DEPLOY}/chatmem.service ${DEPLOY}/chatmem.socket
	${DEPLOY}/chatmem-backup.service ${DEPLOY}/chatmem-backup.timer
	DESTINATION /usr/lib/systemd/system)
install(PROGRAMS ${DEPLOY}/backup DESTINATION /usr/lib/chatmem)
install(FILES ${DEPLOY}/chatmem.conf DESTINATION /etc/chatmem)
install(FILES ${DEPLOY}/debian/copyright DESTINATION share/doc/chatmem)

# What it is linked with, at the time when it is packed.
install(CODE "execute_process(COMMAND ${DEPLOY}/sbom $<TARGET_FILE:chatmem>
	OUTPUT_FILE ${PROJECT_BINARY_DIR}/sbom.spdx.json
	COMMAND_ERROR_IS_FATAL ANY)")
install(FILES ${PROJECT_BINARY_DIR}/sbom.spdx.json
	DESTINATION share/doc/chatmem)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME chatmem)
set(CPACK_PACKAGE_CONTACT "the maintainers of chatmem <chatmem@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "chat histories over HTTP")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A server that keeps the messages of conversations exactly as they came,
exactly once, in an SQLite file or a PostgreSQL, and hands them back as
messages or as LangChain's memory.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "init-system-helpers")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "ca-certificates, systemd")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${DEPLOY}/debian/conffiles
	${DEPLOY}/debian/postinst ${DEPLOY}/debian/prerm
	${DEPLOY}/debian/postrm)
include(CPack)
