/** What {@code make image} says of the images that it has built: their sizes, and what is in them. */
@NullMarked
package dev.holdfast.image;

import org.jspecify.annotations.NullMarked;
