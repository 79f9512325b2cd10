/** What picocli looks for, so that it need not search. */
@NullMarked
package groovy.lang;

import org.jspecify.annotations.NullMarked;
