/** CPUs: sets of them, and how a machine groups them into cores, L3 caches, NUMA nodes and sockets. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.policy.topology;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
