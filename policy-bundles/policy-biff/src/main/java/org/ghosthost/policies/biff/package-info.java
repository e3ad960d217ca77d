/** Biff: decided inside of the kernel. */
@NullMarked
package org.ghosthost.policies.biff;

import org.jspecify.annotations.NullMarked;
