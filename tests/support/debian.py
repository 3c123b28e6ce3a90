"""Which Debian this is: its servers and peers are of other versions than another one's."""

import platform

DEBIAN_12 = "bookworm"
RELEASE = platform.freedesktop_os_release().get("VERSION_CODENAME")
