package dev.holdfast.reconcile.decode;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.AnnotatedMember;
import com.fasterxml.jackson.databind.introspect.NopAnnotationIntrospector;
import dev.holdfast.api.Names;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/**
 * Makes Jackson enforce two rules of the schema for Holdfast's own records: a required field has a value, and a list has no
 * null items. An object that was stored under another schema may violate them, which must be detected while decoding.
 */
final class ApiRules extends NopAnnotationIntrospector {
    private static final long serialVersionUID = 1;

    @Override
    public @Nullable Boolean hasRequiredMarker(AnnotatedMember member) {
        return isOwnType(member) && member.hasAnnotation(Required.class) ? true : null;
    }

    @Override
    public JsonSetter.@Nullable Value findSetterInfo(Annotated annotated) {
        if (!(annotated instanceof AnnotatedMember member) || !isOwnType(member)) {
            return null;
        }
        return JsonSetter.Value.construct(
                member.hasAnnotation(Required.class) ? Nulls.FAIL : Nulls.DEFAULT, Nulls.FAIL);
    }

    private static boolean isOwnType(AnnotatedMember member) {
        String declared = member.getDeclaringClass().getPackageName();
        String own = Names.class.getPackageName();
        return declared.equals(own) || declared.startsWith(own + ".");
    }
}
