/** Uses of devices by this host: mounts, consoles, networks, open files. */
@NullMarked
package dev.holdfast.host.usage;

import org.jspecify.annotations.NullMarked;
