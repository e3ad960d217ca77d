/** Speed of light: a FIFO whose global agent never waits for a commit. */
@NullMarked
package org.ghosthost.policies.sol;

import org.jspecify.annotations.NullMarked;
