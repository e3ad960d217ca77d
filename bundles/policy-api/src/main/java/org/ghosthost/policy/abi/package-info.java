/** The records that the kernel side and the agents share, byte by byte. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.policy.abi;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
