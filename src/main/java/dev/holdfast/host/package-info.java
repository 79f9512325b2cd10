/** What is on this machine: sysfs, procfs, cgroups, and every native call. Roots are injected, so that tests bring their own. */
@NullMarked
package dev.holdfast.host;

import org.jspecify.annotations.NullMarked;
