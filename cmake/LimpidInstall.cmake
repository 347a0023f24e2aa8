# find_package(limpid) and pkg-config for applications.
include(GNUInstallDirs)
