/** The Gogo commands of scope ghost. */
@NullMarked
package org.ghosthost.shell;

import org.jspecify.annotations.NullMarked;
