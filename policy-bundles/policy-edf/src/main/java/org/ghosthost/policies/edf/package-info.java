/** Earliest deadline first; release 1.0.0 preempts between QoS levels only. */
@NullMarked
package org.ghosthost.policies.edf;

import org.jspecify.annotations.NullMarked;
