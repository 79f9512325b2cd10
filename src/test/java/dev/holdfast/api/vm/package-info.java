@NullMarked
package dev.holdfast.api.vm;

import org.jspecify.annotations.NullMarked;
