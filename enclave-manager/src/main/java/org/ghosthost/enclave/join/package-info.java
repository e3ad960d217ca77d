/** Brings threads of this machine's processes into enclaves and gives them back, for whoever owns them. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.enclave.join;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
