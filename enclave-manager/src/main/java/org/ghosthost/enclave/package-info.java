/** Enclaves: channels, tables, agent loops, generations and the handoff between them. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.enclave;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
