/** The program: command line, Felix, start order, bundle gate, control socket, logging. */
@NullMarked
package org.ghosthost.host;

import org.jspecify.annotations.NullMarked;
