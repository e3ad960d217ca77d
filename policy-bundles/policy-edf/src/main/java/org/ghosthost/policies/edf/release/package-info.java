/** Release 1.0.0 of the EDF policy: the bundle alone, so that a later release can embed everything else. */
@NullMarked
package org.ghosthost.policies.edf.release;

import org.jspecify.annotations.NullMarked;
