#!/bin/bash -e
# The package, with what it depends on, as `apt install` has it on any other computer. Nothing is started in here: there is
# no systemd, and the package knows.
install -m 644 files/tomb-music-box.deb "${ROOTFS_DIR}/tmp/tomb-music-box.deb"
install -m 755 files/tomb-wifi "${ROOTFS_DIR}/usr/local/sbin/tomb-wifi"
on_chroot <<'END'
export DEBIAN_FRONTEND=noninteractive
apt-get -y install /tmp/tomb-music-box.deb
rm /tmp/tomb-music-box.deb
END
