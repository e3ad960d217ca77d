/** What the build itself needs; nothing of it is in the product. */
@NullMarked
package build;

import org.jspecify.annotations.NullMarked;
