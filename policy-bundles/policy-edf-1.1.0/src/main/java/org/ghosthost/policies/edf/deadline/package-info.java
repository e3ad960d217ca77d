/** Release 1.1.0: also preempts by deadline inside a QoS level. */
@NullMarked
package org.ghosthost.policies.edf.deadline;

import org.jspecify.annotations.NullMarked;
