/** Release 1.3.0: never comes back from a pass, to show what the host and the kernel do about it. */
@NullMarked
package org.ghosthost.policies.edf.stuck;

import org.jspecify.annotations.NullMarked;
