/** Report of {@code make image} on the images that it has built: their sizes and contents. */
@NullMarked
package dev.holdfast.image;

import org.jspecify.annotations.NullMarked;
