/** The words of user-visible texts: the word list, and where such texts are found. */
@NullMarked
package dev.holdfast.words;

import org.jspecify.annotations.NullMarked;
