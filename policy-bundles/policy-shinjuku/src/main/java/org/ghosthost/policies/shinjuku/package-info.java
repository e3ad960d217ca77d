/** Shinjuku: preemption within microseconds, by quality of service and by slice. */
@NullMarked
package org.ghosthost.policies.shinjuku;

import org.jspecify.annotations.NullMarked;
