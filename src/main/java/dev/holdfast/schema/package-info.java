/**
 * The API server's validation of an object, without an API server: schemas and CEL rules of the shipped CRDs, evaluated
 * with the server's messages. Pure; reads only resources of the jar.
 */
@NullMarked
package dev.holdfast.schema;

import org.jspecify.annotations.NullMarked;
