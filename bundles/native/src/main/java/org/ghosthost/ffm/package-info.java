/**
 * Every call of native code in the product: system calls, libbpf and shared memory, as operations that check what they
 * are given. Nothing here knows what it is used for.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.ffm;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
