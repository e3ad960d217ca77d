/** What a run measured: histograms, counters and traces. */
@Export
@Version("1.0.0")
@NullMarked
package org.ghosthost.metrics;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
