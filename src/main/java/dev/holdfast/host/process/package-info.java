/** Processes, cgroups and pods of this host, read from procfs and the cgroup tree. */
@NullMarked
package dev.holdfast.host.process;

import org.jspecify.annotations.NullMarked;
