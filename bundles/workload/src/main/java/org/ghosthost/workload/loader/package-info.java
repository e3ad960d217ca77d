/**
 * Where workloads come from: one call reads a file or a generator's text.
 */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.workload.loader;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
