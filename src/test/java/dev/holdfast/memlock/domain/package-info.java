@NullMarked
package dev.holdfast.memlock.domain;

import org.jspecify.annotations.NullMarked;
